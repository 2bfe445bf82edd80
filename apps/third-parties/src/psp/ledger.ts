import type { Journal } from '../journal/journal.js';
import { IdempotencyKeys } from './idempotency-keys.js';
import type { PspAnswer, KeyedRequest, PspRecord } from './psp-record.js';
import { locked } from './stripe-error.js';
import type { Dispute, PaymentIntent, Refund } from './stripe-objects.js';

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
  /** Intent → its refunds by their id, oldest first. */
  private readonly refunds = new Map<string, Map<string, Refund>>();
  private readonly disputes = new Map<string, Dispute>();
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

  /** Records a change that no client asked for: a pending refund fails, a customer disputes. */
  async change(endpoint: string, answer: PspAnswer): Promise<PspRecord> {
    const record: PspRecord = {
      at: this.options.now().toISOString(),
      requestId: this.options.newId('req'),
      idempotencyKey: null,
      endpoint,
      fingerprint: '',
      ...answer,
    };
    await this.options.journal.append(record);
    this.apply(record);
    return record;
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

  /** Newest first, as in Stripe's lists. */
  refundsOf(intentId: string): Refund[] {
    return [...(this.refunds.get(intentId)?.values() ?? [])].reverse();
  }

  pendingRefunds(): Refund[] {
    const all = [...this.refunds.values()].flatMap((refunds) => [...refunds.values()]);
    return all.filter(({ status }) => status === 'pending');
  }

  refund(id: string): Refund | undefined {
    return [...this.refunds.values()].map((refunds) => refunds.get(id)).find(Boolean);
  }

  disputesOf(intentId: string): Dispute[] {
    return [...this.disputes.values()].filter(({ payment_intent }) => payment_intent === intentId);
  }

  dispute(id: string): Dispute | undefined {
    return this.disputes.get(id);
  }

  private apply(record: PspRecord): void {
    this.keys.remember(record);
    const { body } = record;
    if ('error' in body) {
      if (body.error.payment_intent) this.addIntent(body.error.payment_intent);
    } else if (body.object === 'refund') {
      const refunds = this.refunds.get(body.payment_intent) ?? new Map<string, Refund>();
      this.refunds.set(body.payment_intent, refunds.set(body.id, body));
    } else if (body.object === 'dispute') {
      this.disputes.set(body.id, body);
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
