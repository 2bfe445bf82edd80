import type { Journal } from '../journal/journal.js';
import { IdempotencyKeys } from './idempotency-keys.js';
import type { PspAnswer, KeyedRequest, PspRecord } from './psp-record.js';
import { locked } from './stripe-error.js';
import type { PaymentIntent, Refund } from './stripe-objects.js';

export interface LedgerOptions {
  journal: Pick<Journal<PspRecord>, 'entries' | 'append'>;
  now: () => Date;
  newId: (prefix: string) => string;
}

/**
 * The state of the PSP, derived from its journal. A restart replays the journal with the same
 * `apply`. So a key that charged before a kill -9 does not charge again after it.
 */
export class Ledger {
  private readonly keys: IdempotencyKeys;
  private readonly intents = new Map<string, PaymentIntent>();
  private readonly intentsOfPayment = new Map<string, PaymentIntent[]>();
  private readonly refunds = new Map<string, Refund>();
  private readonly beingRefunded = new Set<string>();

  constructor(private readonly options: LedgerOptions) {
    this.keys = new IdempotencyKeys(options.now);
    options.journal.entries.forEach((record) => this.apply(record));
  }

  /**
   * Executes a request once per key, and answers its repetitions from the journal.
   * @throws StripeError, which is not stored, if the key is in use or reused, or if `execute`
   * throws.
   */
  async once(
    request: KeyedRequest,
    execute: () => PspAnswer,
  ): Promise<{ record: PspRecord; isReplay: boolean }> {
    const stored = this.keys.claim(request);
    if (stored) return { record: stored, isReplay: true };
    try {
      const record: PspRecord = {
        at: this.options.now().toISOString(),
        requestId: this.options.newId('req'),
        ...request,
        ...execute(),
      };
      // Apply and answer only after the fsync: a crash must not undo what a client has seen.
      await this.options.journal.append(record);
      this.apply(record);
      return { record, isReplay: false };
    } finally {
      this.keys.release(request);
    }
  }

  /**
   * Locks an intent during its refund. Without the lock, two requests with different keys would
   * both refund it, because a refund is visible only after its fsync.
   * @throws StripeError 429 `lock_timeout` while another request has the lock.
   */
  async whileRefunding<T>(intentId: string, work: () => Promise<T>): Promise<T> {
    if (this.beingRefunded.has(intentId)) throw locked();
    this.beingRefunded.add(intentId);
    try {
      return await work();
    } finally {
      this.beingRefunded.delete(intentId);
    }
  }

  intent(id: string): PaymentIntent | undefined {
    return this.intents.get(id);
  }

  intentsByPayment(paymentId: string): readonly PaymentIntent[] {
    return this.intentsOfPayment.get(paymentId) ?? [];
  }

  /** Newest first, as in Stripe's lists. */
  allIntents(): PaymentIntent[] {
    return [...this.intents.values()].reverse();
  }

  refundOf(intentId: string): Refund | undefined {
    return this.refunds.get(intentId);
  }

  private apply(record: PspRecord): void {
    this.keys.remember(record);
    const { body } = record;
    if ('error' in body) {
      if (body.error.payment_intent) this.addIntent(body.error.payment_intent);
    } else if (body.object === 'refund') {
      this.refunds.set(body.payment_intent, body);
    } else {
      this.addIntent(body);
    }
  }

  private addIntent(intent: PaymentIntent): void {
    this.intents.set(intent.id, intent);
    const paymentId = intent.metadata['paymentId'];
    if (paymentId === undefined) return;
    this.intentsOfPayment.set(paymentId, [...this.intentsByPayment(paymentId), intent]);
  }
}
