import { judgedPayments, latestStatus, type Evidence } from '../evidence.js';
import type { Judgement } from '../report.js';
import { fileMissing, turnsAt } from './turn.js';

/**
 * I8: every payment has one document whose version is the payment's (or an unsettled redrive, or a dead
 * letter pending or discarded), and there is no document without a payment.
 */
export function everyPaymentHasItsDocument(evidence: Evidence): Judgement {
  const judgement: Judgement = { checked: 0, violated: [], late: [] };
  const turnOf = turnsAt('search', evidence);
  for (const [id, payment] of judgedPayments(evidence)) {
    judgement.checked++;
    const versions = evidence.documents.get(id) ?? [];
    if (versions.length === 0) {
      fileMissing('document', turnOf(id, payment.completedAtMs), id, judgement);
    } else if (versions.length > 1) {
      judgement.violated.push({ id, why: `has ${versions.length} documents` });
    } else if (versions[0] !== payment.version) {
      const why = `its document has version ${versions[0]}, the payment ${payment.version}`;
      judgement.violated.push({ id, why });
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
    judgement.violated.push({ id, why: `has a document, but ${payment}` });
  }
}
