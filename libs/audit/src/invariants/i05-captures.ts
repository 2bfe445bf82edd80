import {
  judgedBeforeMs,
  judgedPayments,
  latestStatus,
  type Charge,
  type Evidence,
} from '../evidence/evidence.js';
import type { Finding, Judgement } from '../report.js';

/**
 * I5: the PSP's captures minus full refunds match the COMPLETED payments: one each, same amount and
 * currency.
 *
 * A finding means that a completed payment has no money behind it (lost), or that a customer was
 * charged twice (doubled), wrongly or for nothing (other). The capture of an open payment is late.
 */
export function everyPaymentIsCapturedOnce(evidence: Evidence): Judgement {
  const judgement: Judgement = { checked: 0, violated: [], late: [] };
  const { byPayment, withoutPayment } = unrefundedCaptures(evidence.charges);
  for (const [id, payment] of judgedPayments(evidence)) {
    judgement.checked++;
    const captures = byPayment.get(id) ?? [];
    const [capture] = captures;
    if (!capture) {
      const why = 'completed, but the PSP holds no capture for it';
      judgement.violated.push({ id, kind: 'lost', why });
    } else if (captures.length > 1) {
      judgement.violated.push(capturedMoreThanOnce(id, captures));
    } else if (
      capture.amountMinor !== payment.amountMinor ||
      capture.currency.toUpperCase() !== payment.currency
    ) {
      const captured = `captured ${capture.amountMinor} ${capture.currency.toUpperCase()}`;
      const owed = `the payment is ${payment.amountMinor} ${payment.currency}`;
      judgement.violated.push({ id, kind: 'other', why: `${captured}, but ${owed}` });
    }
  }
  for (const { id } of withoutPayment) {
    const why = 'the PSP captured it without a payment id';
    judgement.violated.push({ id, kind: 'other', why });
  }
  for (const [id, captures] of byPayment)
    judgeCapturesWithoutCompletedPayment(id, captures, evidence, judgement);
  return judgement;
}

// The payments service commits PENDING before it asks the PSP, so a capture whose payment does not
// exist is violated. A capture of a PENDING or UNKNOWN payment is late. A capture of a FAILED or
// DECLINED payment must be refunded: late within the settle limit, and while payments pursues the
// refund; violated after it. A refund that came back is violated until it is owed again. One that
// an operator has closed as paid in another way is settled.
function judgeCapturesWithoutCompletedPayment(
  id: string,
  captures: Charge[],
  evidence: Evidence,
  judgement: Judgement,
): void {
  const status = latestStatus(evidence, id);
  switch (status) {
    case 'COMPLETED':
      return;
    case 'PENDING':
    case 'UNKNOWN': {
      const why = `captured, but the payment is still ${status}`;
      judgement.late.push({ id, kind: 'other', why });
      return;
    }
    case 'DECLINED':
    case 'FAILED': {
      for (const capture of captures) {
        if (evidence.laterDebts.get(capture.id)?.status === 'paid_otherwise') continue;
        const { isLate, why } = judgeUnrefunded(capture, status, evidence);
        (isLate ? judgement.late : judgement.violated).push({ id, kind: 'other', why });
      }
      return;
    }
    case undefined:
      judgement.violated.push({ id, kind: 'other', why: 'captured, but there is no such payment' });
      return;
    default:
      status satisfies never;
  }
}

function judgeUnrefunded(
  { id, atMs }: Charge,
  status: 'DECLINED' | 'FAILED',
  evidence: Evidence,
): { isLate: boolean; why: string } {
  const debt = evidence.laterDebts.get(id);
  const refund = evidence.charges.findLast(
    (entry) => entry.id === id && entry.status.startsWith('refund'),
  );
  const still = `captured and not refunded, but the payment is ${status}`;
  // The debt is read after the journal. So it may name a newer refund than the journal's last one.
  const isForgotten =
    !debt || (debt.status !== 'owed' && debt.refundId === (refund?.refundId ?? null));
  if (refund?.status === 'refund_failed')
    return { isLate: !isForgotten, why: `${still}: its refund came back` };
  if (refund?.status === 'refund_pending')
    return { isLate: true, why: `${still}: its refund is pending` };
  const isPursued = debt !== undefined && debt.status !== 'succeeded';
  return { isLate: isPursued || atMs >= judgedBeforeMs(evidence), why: still };
}

/**
 * Captures without a refund, by payment. The PSP's journal lists a refund under its charge's id.
 */
export function unrefundedCaptures(charges: Charge[]): {
  byPayment: Map<string, Charge[]>;
  withoutPayment: Charge[];
} {
  const refunded = new Set<string>();
  for (const { id, status } of charges) {
    if (status === 'refunded') refunded.add(id);
    else if (status === 'refund_failed') refunded.delete(id);
  }
  const byPayment = new Map<string, Charge[]>();
  const withoutPayment: Charge[] = [];
  for (const charge of charges) {
    if (charge.status !== 'captured' || refunded.has(charge.id)) continue;
    const { paymentId } = charge;
    if (paymentId === undefined) withoutPayment.push(charge);
    else byPayment.set(paymentId, [...(byPayment.get(paymentId) ?? []), charge]);
  }
  return { byPayment, withoutPayment };
}

export function capturedMoreThanOnce(id: string, captures: Charge[]): Finding {
  const ids = captures.map((capture) => capture.id).join(', ');
  return { id, kind: 'doubled', why: `captured ${captures.length} times: charges ${ids}` };
}
