import type { PaymentCompleted } from '@effectively-once/contracts';
import { Injectable } from '@nestjs/common';
import type { VersionedDocument } from './search.idempotency.js';

/** What is found. No field tells more about a person than their user id. */
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

/** Writes the document of one payment. */
@Injectable()
export class IndexPayment {
  async run(event: PaymentCompleted, document: VersionedDocument): Promise<void> {
    await document.write({
      paymentId: event.paymentId,
      orderId: event.orderId,
      userId: event.userId,
      status: 'COMPLETED',
      amountMinor: event.amountMinor,
      currency: event.currency,
      completedAt: event.completedAt,
      paymentVersion: event.paymentVersion,
    });
  }
}
