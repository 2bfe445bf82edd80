import { paymentView, type Payment } from './payment.entity.js';
import { paymentsProblem } from '../http/payments-errors.js';

/** An HTTP answer about a payment. The stored bytes and the sent bytes are the same. */
export interface Answer {
  status: number;
  body: string;
  paymentId: string;
}

export const paymentLocation = (paymentId: string) => `/v1/payments/${paymentId}`;

/** The final answer of a payment; undefined while its outcome is unknown. */
export function finalAnswer(payment: Payment): Answer | undefined {
  const { status, id } = payment;
  switch (status) {
    case 'COMPLETED':
      return { status: 201, body: JSON.stringify(paymentView(payment)), paymentId: id };
    case 'DECLINED':
      return problemAnswer('payment_declined', id, { declineCode: payment.failureCode });
    case 'FAILED':
      return problemAnswer('payment_failed', id, { reason: payment.failureCode });
    case 'PENDING':
    case 'UNKNOWN':
      return undefined;
    default:
      return status satisfies never;
  }
}

/** 202: the state so far. Never stored. */
export function unknownAnswer(payment: Payment): Answer {
  return { status: 202, body: JSON.stringify(paymentView(payment)), paymentId: payment.id };
}

function problemAnswer(
  code: 'payment_declined' | 'payment_failed',
  paymentId: string,
  members: Record<string, unknown>,
): Answer {
  const problem = paymentsProblem(code, { members: { paymentId, ...members } });
  return { status: problem.status, body: JSON.stringify(problem.body()), paymentId };
}

/** The headers of an answer. They follow from it, so they are not stored. */
export function answerHeaders(answer: Answer): Record<string, string> {
  return {
    'content-type': answer.status < 400 ? 'application/json' : 'application/problem+json',
    location: paymentLocation(answer.paymentId),
    ...(answer.status === 202 ? { 'retry-after': '1' } : {}),
  };
}
