import { Client, type estypes } from '@elastic/elasticsearch';
import type { PaymentCompleted } from '@effectively-once/contracts';
import {
  IdempotencyCollision,
  type Applied,
  type IdempotencyStrategy,
} from '@effectively-once/delivery';
import { MicroBatch } from '@effectively-once/timing';
import { Inject, Injectable } from '@nestjs/common';
import { SearchCircuits } from './circuits.js';
import { elasticsearchFailure, refusalOf } from './elasticsearch/elasticsearch-failure.js';
import { PAYMENTS_ALIAS } from './elasticsearch/payments-index.js';
import type { PaymentDocument } from './payment-document.js';

/** The effect's access to one document, at its version. */
export interface VersionedDocument {
  write: (document: PaymentDocument) => Promise<void>;
}

const DOCUMENTS_PER_REQUEST_MAX = 200;
const REQUESTS_IN_FLIGHT_MAX = 2;

/**
 * Search as an idempotent consumer: idempotent by construction. It needs no deduplication marker,
 * because the document itself is one.
 *
 * Optimistic concurrency: the document's id is the payment id, and its external version is the
 * payment's version. Elasticsearch refuses (409) a version that it already has or has passed. So a
 * repeated write changes nothing, and neither does an old version after a newer one. After a crash
 * at any point the consumer writes again.
 *
 * Group commit: one request writes the documents of up to 200 lanes. Each lane gets the outcome of
 * its own document.
 */
@Injectable()
export class SearchIdempotency implements IdempotencyStrategy<PaymentCompleted, VersionedDocument> {
  readonly crashAfterEffect = 'repeats invisibly';
  private readonly batch: MicroBatch<PaymentDocument, Applied>;

  constructor(
    elasticsearch: Client,
    @Inject(SearchCircuits) private readonly circuits: Pick<SearchCircuits, 'elasticsearch'>,
  ) {
    const documents = new PaymentDocuments(elasticsearch);
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
        outcome = await this.circuits.elasticsearch.call(userId, () => this.batch.add(document));
      },
    });
    if (!outcome) throw new Error('an effect writes exactly one document');
    return outcome;
  }
}

type Outcome = PromiseSettledResult<Applied>;

/**
 * Elasticsearch refuses the version of a document that was deleted, because it remembers a deletion
 * (tombstone) for `index.gc_deletes`, 60 s by default. A later attempt writes the document.
 */
export class DeletedNotLongAgo extends Error {
  override name = 'DeletedNotLongAgo';

  constructor() {
    super('the document was deleted, and Elasticsearch still remembers it (index.gc_deletes)');
  }
}

const IDENTITY = ['userId', 'amountMinor', 'currency'] as const;

/** Writes many documents in one request. The strategy and the reindex job both use it. */
export class PaymentDocuments {
  constructor(
    private readonly elasticsearch: Client,
    private readonly alias = PAYMENTS_ALIAS,
  ) {}

  /**
   * @returns one outcome per document, in the order of the documents.
   * @throws DependencyDown or TimeoutError when the whole request failed.
   */
  async write(documents: PaymentDocument[]): Promise<Outcome[]> {
    try {
      const items = await this.bulk(documents);
      const isConflict = (index: number) => items[index]?.status === 409;
      const stored = await this.read(documents.filter((_, index) => isConflict(index)));
      return documents.map((document, index) =>
        isConflict(index)
          ? compared(document, stored.get(document.paymentId))
          : outcomeOf(items[index]),
      );
    } catch (error) {
      throw elasticsearchFailure(error);
    }
  }

  private async bulk(documents: PaymentDocument[]): Promise<estypes.BulkResponseItem[]> {
    const { items } = await this.elasticsearch.bulk({
      index: this.alias,
      // Without it Elasticsearch would replace a missing alias by an index with guessed mappings.
      require_alias: true,
      // Do not wait for a refresh: every write would pay for it. Searches lag by up to 1 s instead.
      refresh: false,
      operations: documents.flatMap((document) => [
        {
          index: {
            _id: document.paymentId,
            version: document.paymentVersion,
            version_type: 'external',
          },
        },
        document,
      ]),
    });
    // The request succeeds even if items fail, so the caller must check each item.
    return items.map(({ index: item }) => item ?? { _index: '', status: 0 });
  }

  private async read(documents: PaymentDocument[]): Promise<Map<string, PaymentDocument>> {
    if (documents.length === 0) return new Map();
    const ids = documents.map(({ paymentId }) => paymentId);
    const { docs } = await this.elasticsearch.mget<PaymentDocument>({ index: this.alias, ids });
    return new Map(
      docs.flatMap((doc) => ('found' in doc && doc._source ? [[doc._id, doc._source]] : [])),
    );
  }
}

function outcomeOf(item: estypes.BulkResponseItem | undefined): Outcome {
  const status = item?.status ?? 0;
  if (status === 200 || status === 201) return { status: 'fulfilled', value: 'applied' };
  return rejected(refusalOf(status, item?.error));
}

// The index has this version or a newer one. Other content under the same id is a collision.
function compared(document: PaymentDocument, stored: PaymentDocument | undefined): Outcome {
  if (!stored) return rejected(new DeletedNotLongAgo());
  const differing = IDENTITY.filter((field) => stored[field] !== document[field]);
  return differing.length > 0
    ? rejected(new IdempotencyCollision(differing))
    : { status: 'fulfilled', value: 'duplicate' };
}

const rejected = (reason: Error): Outcome => ({ status: 'rejected', reason });
