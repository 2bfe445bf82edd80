import type { PaymentCompleted } from '@effectively-once/contracts';
import {
  MicroBatch,
  type Applied,
  type Circuit,
  type IdempotencyStrategy,
} from '@effectively-once/delivery';
import type { PaymentDocument, PaymentDocuments } from './payment-documents.js';

/** One document, at the version it has. */
export interface VersionedDocument {
  write: (document: PaymentDocument) => Promise<void>;
}

const DOCUMENTS_PER_REQUEST_MAX = 200;
const REQUESTS_IN_FLIGHT_MAX = 2;

/**
 * Search is idempotent by construction: there is no mark, because the effect is one.
 *
 * The document's id is the payment's and its version is the payment's, given from outside. Elasticsearch
 * refuses a version it already has (409) or has overtaken, so repeating a write, or replaying an old
 * one after a newer one, changes nothing. Killed anywhere, writing again is right.
 *
 * What up to 200 lanes write goes out as one request; each learns what became of its own document.
 */
export class SearchIdempotency implements IdempotencyStrategy<PaymentCompleted, VersionedDocument> {
  readonly crashAfterEffect = 'repeats invisibly';
  private readonly batch: MicroBatch<PaymentDocument, Applied>;

  constructor(
    documents: PaymentDocuments,
    private readonly circuit: Circuit,
  ) {
    this.batch = new MicroBatch({
      sizeMax: DOCUMENTS_PER_REQUEST_MAX,
      inFlightMax: REQUESTS_IN_FLIGHT_MAX,
      run: (batch) => documents.write(batch),
    });
  }

  async once(
    { userId }: PaymentCompleted,
    effect: (document: VersionedDocument) => Promise<void>,
  ): Promise<Applied> {
    let outcome: Applied | undefined;
    await effect({
      write: async (document) => {
        outcome = await this.circuit.call(userId, () => this.batch.add(document));
      },
    });
    if (!outcome) throw new Error('an effect writes exactly one document');
    return outcome;
  }
}
