import { judgedPayments, latestStatus, type Evidence } from '../evidence/evidence.js';
import type { Judgement } from '../report.js';
import { contentOf } from '../evidence/content.js';
import { reportMissingEffect, missingEffectsOf } from '../evidence/missing-effect.js';

/**
 * I8: every payment has one document, of its version, user, amount and currency, and there is no
 * document without a payment. A dead letter (pending, discarded or in redrive) excuses a missing
 * document.
 *
 * A finding means that search does not find a payment (lost), finds it twice (doubled), or shows it
 * wrongly (other). The version alone is
 * not enough: a forged record may arrive first with the payment's version. Search then refuses the
 * true record as a collision.
 */
export function everyPaymentHasItsDocument(evidence: Evidence): Judgement {
  const judgement: Judgement = { checked: 0, violated: [], late: [] };
  const missingEffect = missingEffectsOf('search', evidence);
  for (const [id, payment] of judgedPayments(evidence)) {
    judgement.checked++;
    const documents = evidence.documents.get(id) ?? [];
    const [document] = documents;
    if (!document) {
      reportMissingEffect('document', missingEffect(id, payment.completedAtMs), id, judgement);
    } else if (documents.length > 1) {
      judgement.violated.push({ id, kind: 'doubled', why: `has ${documents.length} documents` });
    } else if (document.version !== payment.version) {
      const why = `its document has version ${document.version}, the payment ${payment.version}`;
      judgement.violated.push({ id, kind: 'other', why });
    } else if (contentOf(document) !== contentOf(payment)) {
      const why = `its document is for ${contentOf(document)}, the payment ${contentOf(payment)}`;
      judgement.violated.push({ id, kind: 'other', why });
    }
  }
  judgeOrphans(evidence, judgement);
  return judgement;
}

function judgeOrphans(evidence: Evidence, judgement: Judgement): void {
  for (const id of evidence.documents.keys()) {
    const status = latestStatus(evidence, id);
    if (status === 'COMPLETED') continue;
    const payment = status ? `the payment is ${status}` : 'there is no such payment';
    judgement.violated.push({ id, kind: 'other', why: `has a document, but ${payment}` });
  }
}
