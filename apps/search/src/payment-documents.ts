import type { Client, estypes } from '@elastic/elasticsearch';
import type { PaymentCompleted } from '@effectively-once/contracts';
import { IdempotencyCollision, type Applied } from '@effectively-once/delivery';
import { asFailure, refusalOf } from './elasticsearch-failure.js';
import { PAYMENTS_ALIAS } from './payments-index.js';

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

type Outcome = PromiseSettledResult<Applied>;

const IDENTITY = ['userId', 'amountMinor', 'currency'] as const;

/** Writes many documents in one request, and reads what became of each. */
export class PaymentDocuments {
  constructor(
    private readonly elasticsearch: Client,
    private readonly alias = PAYMENTS_ALIAS,
  ) {}

  /**
   * @returns what became of each, in their order.
   * @throws DependencyDown, RefusedForNow or TimeoutError when that is the fate of the whole request.
   */
  async write(documents: PaymentDocument[]): Promise<Outcome[]> {
    try {
      const items = await this.bulk(documents);
      const isThere = (index: number) => items[index]?.status === 409;
      const stored = await this.read(documents.filter((_, index) => isThere(index)));
      return documents.map((document, index) =>
        isThere(index)
          ? compared(document, stored.get(document.paymentId))
          : outcomeOf(items[index]),
      );
    } catch (error) {
      throw asFailure(error);
    }
  }

  private async bulk(documents: PaymentDocument[]): Promise<estypes.BulkResponseItem[]> {
    const { items } = await this.elasticsearch.bulk({
      index: this.alias,
      // Without the alias Elasticsearch would make an index of that name, with guessed mappings.
      require_alias: true,
      // Waiting for a refresh makes every write pay for the next search. Searches lag up to 1 s instead.
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
    // The request succeeds whatever becomes of its items: each has to be looked at.
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

// The version is there already, or a newer one: of the same payment?
function compared(document: PaymentDocument, stored: PaymentDocument | undefined): Outcome {
  // Deleted since it refused our write: the next attempt writes it.
  if (!stored) return rejected(new Error('the document has gone'));
  const differing = IDENTITY.filter((field) => stored[field] !== document[field]);
  return differing.length > 0
    ? rejected(new IdempotencyCollision(differing))
    : { status: 'fulfilled', value: 'duplicate' };
}

const rejected = (reason: Error): Outcome => ({ status: 'rejected', reason });
