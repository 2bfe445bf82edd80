import {
  latestStatus,
  type Evidence,
  type PaymentRowStatus,
  type StoredResponse,
} from '../evidence/evidence.js';
import type { Judgement } from '../report.js';
import { capturedMoreThanOnce, unrefundedCaptures } from './i05-captures.js';

/**
 * I11: an idempotency key has at most one stored final response, which agrees with its payment, and
 * each payment has at most one capture.
 *
 * A finding means that one request was carried out again (doubled: a second response of its key, a
 * second capture), or that a retry with the same key gets a wrong answer (other). End-to-end tests
 * compare the bytes that clients receive.
 */
export function everyKeyHasOneResponse(evidence: Evidence): Judgement {
  const judgement: Judgement = { checked: 0, violated: [], late: [] };
  for (const response of evidence.storedResponses) {
    judgement.checked++;
    const id = response.paymentId;
    if (response.responsesOfKey > 1) {
      const why = `its idempotency key has ${response.responsesOfKey} stored responses`;
      judgement.violated.push({ id, kind: 'doubled', why });
    }
    const status = evidence.payments.get(id)?.status;
    if (!agrees(response, status)) {
      const answer = `${response.httpStatus} ${response.says}`;
      const payment = status ? `the payment is ${status}` : 'there is no such payment';
      const why = `its stored response says ${answer}, but ${payment}`;
      judgement.violated.push({ id, kind: 'other', why });
    }
  }
  for (const [id, captures] of unrefundedCaptures(evidence.charges).byPayment) {
    if (captures.length > 1 && latestStatus(evidence, id)) {
      judgement.violated.push(capturedMoreThanOnce(id, captures));
    }
  }
  return judgement;
}

/** The final answers of the checkout API. No other answer may be stored. */
function agrees(response: StoredResponse, status: PaymentRowStatus | undefined): boolean {
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
