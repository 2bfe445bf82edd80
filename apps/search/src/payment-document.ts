import type { PaymentCompleted } from '@effectively-once/contracts';

/** The document of one payment. Its only data about a person is the user id. */
export interface PaymentDocument {
  paymentId: string;
  orderId: string;
  userId: string;
  status: 'COMPLETED';
  amountMinor: number;
  currency: string;
  completedAt: string;
  paymentVersion: number;
}

export function documentOf(payment: PaymentCompleted): PaymentDocument {
  return {
    paymentId: payment.paymentId,
    orderId: payment.orderId,
    userId: payment.userId,
    status: 'COMPLETED',
    amountMinor: payment.amountMinor,
    currency: payment.currency,
    completedAt: payment.completedAt,
    paymentVersion: payment.paymentVersion,
  };
}
