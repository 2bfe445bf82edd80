import { Client, errors } from '@elastic/elasticsearch';
import type { PaymentCompleted } from '@effectively-once/contracts';
import {
  IdempotencyCollision,
  type Applied,
  type IdempotencyStrategy,
} from '@effectively-once/delivery';
import { Injectable } from '@nestjs/common';
import { asFailure } from './elasticsearch-failure.js';
import type { PaymentDocument } from './index-payment.js';
import { PAYMENTS_ALIAS } from './payments-index.js';

/** One document at one version. */
export interface VersionedDocument {
  write: (document: PaymentDocument) => Promise<void>;
}

const IDENTITY = ['userId', 'amountMinor', 'currency'] as const;

/**
 * Search is idempotent by construction: there is no mark, because the effect is one.
 *
 * The document's id is the payment's and its version is the payment's, given from outside. Elasticsearch
 * refuses a version it already has (409) or has overtaken, so repeating a write, or replaying an old
 * one after a newer one, changes nothing. Killed anywhere, writing again is right.
 */
@Injectable()
export class SearchIdempotency implements IdempotencyStrategy<PaymentCompleted, VersionedDocument> {
  readonly crashAfterEffect = 'repeats invisibly';

  constructor(private readonly elasticsearch: Client) {}

  async once(
    event: PaymentCompleted,
    effect: (document: VersionedDocument) => Promise<void>,
  ): Promise<Applied> {
    try {
      await effect({ write: (document) => this.write(event, document) });
      return 'applied';
    } catch (error) {
      // The version is there already, or a newer one.
      if (!hasStatus(error, 409)) throw asFailure(error);
      await this.assertSamePayment(event);
      return 'duplicate';
    }
  }

  private async write(event: PaymentCompleted, document: PaymentDocument): Promise<void> {
    await this.elasticsearch.index({
      index: PAYMENTS_ALIAS,
      // Without the alias Elasticsearch would make an index of that name, with guessed mappings.
      require_alias: true,
      id: event.paymentId,
      version: event.paymentVersion,
      version_type: 'external',
      document,
      // Waiting for a refresh makes every write pay for the next search. Searches lag up to 1 s instead.
      refresh: false,
    });
  }

  private async assertSamePayment(event: PaymentCompleted): Promise<void> {
    const stored = await this.read(event.paymentId);
    const differing = IDENTITY.filter((field) => stored[field] !== event[field]);
    if (differing.length > 0) throw new IdempotencyCollision([...differing]);
  }

  private async read(paymentId: string): Promise<PaymentDocument> {
    try {
      const found = await this.elasticsearch.get<PaymentDocument>({
        index: PAYMENTS_ALIAS,
        id: paymentId,
      });
      if (!found._source) throw new Error('a document without its source');
      return found._source;
    } catch (error) {
      // Deleted since it refused our write: the next attempt writes it.
      if (hasStatus(error, 404)) throw new Error('the document has gone', { cause: error });
      throw asFailure(error);
    }
  }
}

function hasStatus(error: unknown, status: number): boolean {
  return error instanceof errors.ResponseError && error.statusCode === status;
}
