import type { PaymentCompleted } from '@effectively-once/contracts';
import { Injectable } from '@nestjs/common';
import type { VersionedDocument } from './search.idempotency.js';

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
