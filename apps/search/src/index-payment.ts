import type { PaymentCompleted } from '@effectively-once/contracts';
import { Injectable } from '@nestjs/common';
import { documentOf } from './payment-document.js';
import type { VersionedDocument } from './search.idempotency.js';

/** Writes the document of one payment. */
@Injectable()
export class IndexPayment {
  async run(event: PaymentCompleted, document: VersionedDocument): Promise<void> {
    await document.write(documentOf(event));
  }
}
