import {
  latestStatus,
  type Evidence,
  type PaymentStatus,
  type StoredResponse,
} from '../evidence/evidence.js';
import type { Judgement } from '../report.js';
import { capturedMoreThanOnce, heldCaptures } from './i05-captures.js';

/**
 * I11: one idempotency key has at most one stored final response, agreeing with its payment, and one
 * capture per payment. (That every client got the very same bytes is compared in end-to-end tests.)
 */
export function everyKeyHasOneAnswer(evidence: Evidence): Judgement {
  const judgement: Judgement = { checked: 0, violated: [], late: [] };
  for (const response of evidence.storedResponses) {
    judgement.checked++;
    const id = response.paymentId;
    if (response.responsesOfKey > 1) {
      const why = `its idempotency key has ${response.responsesOfKey} stored responses`;
      judgement.violated.push({ id, why });
    }
    const status = evidence.payments.get(id)?.status;
    if (!agrees(response, status)) {
      const answer = `${response.httpStatus} ${response.says}`;
      const payment = status ? `the payment is ${status}` : 'there is no such payment';
      judgement.violated.push({ id, why: `its stored response says ${answer}, but ${payment}` });
    }
  }
  for (const [id, captures] of heldCaptures(evidence.charges).byPayment) {
    if (captures.length > 1 && latestStatus(evidence, id)) {
      judgement.violated.push(capturedMoreThanOnce(id, captures));
    }
  }
  return judgement;
}

/** The checkout table's final rows; nothing else may be stored. */
function agrees(response: StoredResponse, status: PaymentStatus | undefined): boolean {
  const { httpStatus, says, bodyId, paymentId } = response;
  switch (status) {
    case 'COMPLETED':
      return httpStatus === 201 && says === 'COMPLETED' && bodyId === paymentId;
    case 'DECLINED':
      return httpStatus === 402 && says === 'payment_declined';
    case 'FAILED':
      return httpStatus === 402 && says === 'payment_failed';
    case 'PENDING':
    case 'UNKNOWN':
    case undefined:
      return false;
    default:
      return status satisfies never;
  }
}
