import { judgedPayments, latestStatus, type Evidence } from '../evidence/evidence.js';
import type { Judgement } from '../report.js';
import { reportMissingEffect, missingEffectsOf } from '../evidence/missing-effect.js';

/**
 * I7: every payment has at least one receipt in the mail provider's journal, and email declared
 * each further one before it was sent. A dead letter (pending, discarded or in redrive) excuses a
 * missing one.
 *
 * A finding means that a customer got no receipt (lost), a duplicate that the idempotent consumer
 * should have prevented (doubled), or a receipt of a payment that did not complete (other). Mail is
 * at-least-once; the `maybe_duplicate` evidence marks its only window.
 */
export function everyPaymentHasItsReceipts(evidence: Evidence): Judgement {
  const judgement: Judgement = { checked: 0, violated: [], late: [] };
  const missingEffect = missingEffectsOf('email', evidence);
  for (const [id, payment] of judgedPayments(evidence)) {
    judgement.checked++;
    const receipts = evidence.receipts.get(id) ?? 0;
    const declared = evidence.maybeDuplicates.get(id) ?? 0;
    if (receipts === 0) {
      reportMissingEffect('receipt', missingEffect(id, payment.completedAtMs), id, judgement);
    } else if (receipts > 1 + declared) {
      const evidenceFor = `maybe_duplicate evidence for ${declared}`;
      const why = `was mailed ${receipts} receipts, with ${evidenceFor}`;
      judgement.violated.push({ id, kind: 'doubled', why });
    }
  }
  judgeReceiptsOfOpenOrFailedPayments(evidence, judgement);
  return judgement;
}

// A mail about an unknown payment is not judged, because the provider also serves other systems.
function judgeReceiptsOfOpenOrFailedPayments(evidence: Evidence, judgement: Judgement): void {
  for (const id of evidence.receipts.keys()) {
    const status = latestStatus(evidence, id);
    if (status === undefined || status === 'COMPLETED') continue;
    const why = `was mailed a receipt, but the payment is ${status}`;
    judgement.violated.push({ id, kind: 'other', why });
  }
}
