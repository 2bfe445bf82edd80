import { rebuiltEvent } from '../../../replay/from-payments/rebuilt-event.js';

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

export const LAB_AMOUNT_MINOR = 1_299;

/** Each payment is of its own user, so none waits for another one. */
export const userOfPayment = (paymentId: string) => `lab-${paymentId}`;

/** The records of payments, as Debezium publishes them. The same payment has the same bytes. */
export const completedPayments = (paymentIds: readonly string[], completedAt: string) =>
  paymentIds.map((paymentId) =>
    rebuiltEvent({
      paymentId,
      orderId: paymentId,
      userId: userOfPayment(paymentId),
      amountMinor: LAB_AMOUNT_MINOR,
      currency: 'EUR',
      completedAt,
      paymentVersion: 1,
      traceparent: TRACEPARENT,
    }),
  );
