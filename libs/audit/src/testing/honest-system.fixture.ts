import type { ConsumerName } from '@effectively-once/contracts';
import type { DeadLetter, DeadLetterRow, Evidence, Redrive } from '../evidence/evidence.js';
import { perConsumer } from '../evidence/assemble.js';

/** User, amount and currency of every payment in it. */
export const PAYMENT = { userId: 'alice', amountMinor: 1, currency: 'EUR' };

/**
 * A correct system in memory, with one partition. It has the steps of the real one, in the same
 * order, so that a test can crash or interleave them.
 */
export class HonestSystem {
  readonly payments: Evidence['payments'] = new Map();
  readonly outbox: Evidence['outbox'] = [];
  readonly storedResponses: Evidence['storedResponses'] = [];
  readonly charges: Evidence['charges'] = [];
  readonly topic: Evidence['published'] = [];
  /** How many outbox rows the connector has confirmed to PostgreSQL. */
  confirmedRows = 0;
  /** Payment id → how often the consumer applied its effect. */
  readonly effects = perConsumer(() => new Map<string, number>());
  readonly declared = new Map<string, number>();
  readonly committed = { email: 0, loyalty: 0, search: 0 };
  readonly deadLetters = perConsumer(() => [] as (DeadLetter & { paymentId: string })[]);
  readonly redrives = perConsumer(() => [] as (Redrive & { paymentId: string })[]);
  readonly redriveCommitted = { email: 0, loyalty: 0, search: 0 };
  /** The console's rows, in the order in which it ingested the dead letters. */
  readonly table = perConsumer(() => [] as Pick<DeadLetterRow, 'state' | 'isBeingRedriven'>[]);

  /**
   * Commits PENDING, asks the PSP, then commits COMPLETED, the outbox row and the response
   * together.
   */
  pay(id: string): (() => void)[] {
    const payment = { ...PAYMENT, version: 1, createdAtMs: 0, completedAtMs: 0 };
    return [
      () => void this.payments.set(id, { ...payment, status: 'PENDING' }),
      () => {
        const { amountMinor, currency } = payment;
        const status = 'captured' as const;
        this.charges.push({
          id: `pi_${id}`,
          paymentId: id,
          amountMinor,
          currency,
          status,
          atMs: 0,
        });
      },
      () => {
        this.payments.set(id, { ...payment, status: 'COMPLETED', version: 2 });
        this.outbox.push({ eventId: id, paymentId: id, occurredAtMs: 0, payloadMd5: id });
        const answer = { httpStatus: 201, bodyId: id, says: 'COMPLETED' };
        this.storedResponses.push({ responsesOfKey: 1, paymentId: id, ...answer });
      },
    ];
  }

  /** The connector publishes the next row, then confirms it to PostgreSQL. */
  connect(): (() => void)[] {
    let next = this.outbox.length;
    return [
      () => {
        next = new Set(this.topic.map(({ eventId }) => eventId)).size;
        const row = this.outbox[next];
        if (!row) return;
        const { eventId, paymentId, occurredAtMs, payloadMd5: valueMd5 } = row;
        const position = { partition: 0, offset: BigInt(this.topic.length) };
        this.topic.push({ ...position, eventId, paymentId, occurredAtMs, valueMd5 });
      },
      () => {
        this.confirmedRows = Math.min(next + 1, this.outbox.length, this.topic.length);
      },
    ];
  }

  /** The consumer applies the effect or dead-letters the record, then commits the offset. */
  consume(consumer: ConsumerName, how: 'applies' | 'repeats' | 'dead-letters'): (() => void)[] {
    const current = () => this.topic[this.committed[consumer]]?.paymentId;
    return [
      ...(how === 'repeats' ? this.applyTwice(consumer, current) : []),
      () => {
        const paymentId = current();
        if (!paymentId || this.effects[consumer].has(paymentId)) return;
        const original = `payment.completed/0-${this.committed[consumer]}`;
        if (how !== 'dead-letters') this.apply(consumer, paymentId);
        else this.deadLetters[consumer].push({ paymentId, original, redriveCount: 0 });
      },
      () => {
        const paymentId = current();
        if (!paymentId) return;
        const isDone =
          this.effects[consumer].has(paymentId) ||
          this.deadLetters[consumer].some((letter) => letter.paymentId === paymentId);
        if (isDone) this.committed[consumer]++;
      },
    ];
  }

  /** The console ingests the next dead letter. */
  ingest(consumer: ConsumerName): (() => void)[] {
    const table = this.table[consumer];
    return [
      () => {
        if (!this.deadLetters[consumer][table.length]) return;
        table.push({ state: 'pending', isBeingRedriven: false });
      },
    ];
  }

  /**
   * The console claims its oldest dead letter, sends it and records it. Then the consumer applies
   * it.
   */
  redrive(consumer: ConsumerName): (() => void)[] {
    const redrives = this.redrives[consumer];
    const current = () => redrives[this.redriveCommitted[consumer]];
    let claimed = -1;
    const row = () => this.table[consumer][claimed];
    return [
      () => {
        claimed = this.table[consumer].findIndex(
          ({ state, isBeingRedriven }) => state === 'pending' && !isBeingRedriven,
        );
        Object.assign(row() ?? {}, { isBeingRedriven: true });
      },
      () => {
        const letter = this.deadLetters[consumer][claimed];
        if (!letter) return;
        const position = { partition: 0, offset: BigInt(redrives.length) };
        redrives.push({ ...letter, ...position, redriveCount: 1 });
      },
      () => Object.assign(row() ?? {}, { state: 'redriven', isBeingRedriven: false }),
      () => {
        const redrive = current();
        if (redrive) this.apply(consumer, redrive.paymentId);
      },
      () => {
        const redrive = current();
        if (redrive && this.effects[consumer].has(redrive.paymentId)) {
          this.redriveCommitted[consumer]++;
        }
      },
    ];
  }

  private apply(consumer: ConsumerName, paymentId: string): void {
    const { email, ...others } = this.effects;
    const times = this.effects[consumer].get(paymentId) ?? 0;
    // Only a mail can be duplicated. The stores absorb a second points entry or document.
    const repeated = consumer === 'email' ? times + 1 : 1;
    (consumer === 'email' ? email : others[consumer]).set(paymentId, repeated);
  }

  // Email's only window: it sends, crashes before it sets the deduplication marker, and declares a
  // possible duplicate before it sends again.
  private applyTwice(consumer: ConsumerName, current: () => string | undefined): (() => void)[] {
    let sent: string | undefined;
    return [
      () => {
        sent = current();
        if (sent && !this.effects[consumer].has(sent)) this.apply(consumer, sent);
        else sent = undefined;
      },
      () => {
        if (sent && consumer === 'email') this.declared.set(sent, 1);
      },
      () => {
        if (sent) this.apply(consumer, sent);
      },
    ];
  }
}
