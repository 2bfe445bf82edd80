import { judgedPayments, latestStatus, type Evidence } from '../evidence/evidence.js';
import type { Judgement } from '../report.js';
import { fileMissing, turnsAt } from '../evidence/missing-effect.js';

/**
 * I7: every payment has at least one receipt in the mail provider's journal (or an unsettled redrive,
 * or a dead letter pending or discarded), and each further one was declared before it was sent.
 */
export function everyPaymentIsReceipted(evidence: Evidence): Judgement {
  const judgement: Judgement = { checked: 0, violated: [], late: [] };
  const turnOf = turnsAt('email', evidence);
  for (const [id, payment] of judgedPayments(evidence)) {
    judgement.checked++;
    const receipts = evidence.receipts.get(id) ?? 0;
    const declared = evidence.maybeDuplicates.get(id) ?? 0;
    if (receipts === 0) {
      fileMissing('receipt', turnOf(id, payment.completedAtMs), id, judgement);
    } else if (receipts > 1 + declared) {
      const evidenceFor = `maybe_duplicate evidence for ${declared}`;
      judgement.violated.push({ id, why: `was mailed ${receipts} receipts, with ${evidenceFor}` });
    }
  }
  judgeFalseReceipts(evidence, judgement);
  return judgement;
}

// A mail about a payment nobody knows is not judged: the provider's journal is not ours alone.
function judgeFalseReceipts(evidence: Evidence, judgement: Judgement): void {
  for (const id of evidence.receipts.keys()) {
    const status = latestStatus(evidence, id);
    if (status === undefined || status === 'COMPLETED') continue;
    judgement.violated.push({ id, why: `was mailed a receipt, but the payment is ${status}` });
  }
}
