import { CONSUMERS, type ConsumerName } from '@effectively-once/contracts';
import {
  deadLetterOf,
  deadLetterName,
  type DeadLetter,
  type DeadLetterRow,
  type Evidence,
  type DeadLetterIdentity,
  type Redrive,
} from '../evidence/evidence.js';
import type { Fact } from '../evidence/facts.js';
import { perConsumer } from '../evidence/assemble.js';
import type { Stores } from '../stores/stores.js';

const PAYMENT = { userId: 'alice', amountMinor: 1, currency: 'EUR' };

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

/** A Map keeps the order in which its keys were first set. */
const inOrder = (effects: Map<string, number>) =>
  [...effects].map(([paymentId, times], at) => ({ paymentId, times, at }));

async function give<F extends Fact>(facts: F[], take: (fact: F) => Promise<void> | void) {
  for (const fact of structuredClone(facts)) await take(fact);
}

/** The audit's readings of a system. Each one sees the system at the time of the reading. */
export function storesOf(systemAt: (reading: keyof Stores) => HonestSystem): Stores {
  return {
    slotLag: async () => 0,
    consumerState: async () => ({ parkedKeys: 0, inFlightRecords: new Map() }),
    countPayments: async () => systemAt('countPayments').payments.size,
    async paymentsSnapshot(take) {
      const { payments, outbox, storedResponses } = structuredClone(systemAt('paymentsSnapshot'));
      for (const [id, payment] of payments) await take({ kind: 'payment', id, ...payment });
      for (const row of outbox) await take({ kind: 'outbox_row', ...row });
      for (const response of storedResponses) await take({ kind: 'stored_response', ...response });
      return { pspOutages: [], walPosition: String(outbox.length) };
    },
    slotHasPassed: async (position) => systemAt('slotHasPassed').confirmedRows >= Number(position),
    async published(from, take) {
      const { topic } = structuredClone(systemAt('published'));
      for (const record of topic.slice(Number(from.get(0) ?? 0))) {
        await take({ kind: 'record', ...record });
      }
      return new Map([[0, BigInt(topic.length)]]);
    },
    async offsets(consumer) {
      const { committed, redriveCommitted } = systemAt('offsets');
      return {
        committed: new Map([[0, BigInt(committed[consumer])]]),
        redriveCommitted: new Map([[0, BigInt(redriveCommitted[consumer])]]),
      };
    },
    async deadLetterTable(take) {
      const { table, deadLetters } = structuredClone(systemAt('deadLetterTable'));
      for (const consumer of CONSUMERS) {
        for (const row of rowsOf(consumer, table, deadLetters)) {
          await take({ kind: 'dead_letter_row', ...row });
          const { paymentId, state } = row;
          const known = { consumer, paymentId, state, ...deadLetterOf(row.letter) };
          await take({ kind: 'dead_letter_state', ...known });
        }
      }
      return perConsumer((consumer) => new Map([[0, BigInt(table[consumer].length)]]));
    },
    async deadLetters(consumer, take) {
      const letters = structuredClone(systemAt('deadLetters').deadLetters[consumer]);
      for (const [at, found] of letters.entries()) {
        const { paymentId } = found;
        await take({ kind: 'dead_letter', consumer, ...found });
        const position = { partition: 0, offset: BigInt(at) };
        const letter = letterOf(consumer, found);
        await take({ kind: 'dlq_record', ...position, paymentId, letter, isClaimed: true });
      }
    },
    async redrives(consumer, take) {
      for (const redrive of structuredClone(systemAt('redrives').redrives[consumer])) {
        await take({ kind: 'redrive', consumer, ...redrive });
        const letter = { ...letterOf(consumer, redrive), redriveCount: redrive.redriveCount - 1 };
        await take({ kind: 'redrive_record', ...redrive, letter });
      }
    },
    async points(take) {
      for (const { paymentId, at } of inOrder(systemAt('points').effects.loyalty)) {
        const { userId, amountMinor, currency } = PAYMENT;
        await take({ kind: 'points_entry', paymentId, userId, amountMinor, currency, at });
      }
    },
    async receipts(take) {
      for (const { paymentId, times, at } of inOrder(
        structuredClone(systemAt('receipts').effects.email),
      )) {
        for (let time = 0; time < times; time++) await take({ kind: 'receipt', paymentId, at });
      }
    },
    async maybeDuplicates(take) {
      for (const [paymentId, times] of structuredClone(systemAt('maybeDuplicates').declared)) {
        for (let time = 0; time < times; time++) await take({ kind: 'maybe_duplicate', paymentId });
      }
    },
    async documents(take) {
      for (const { paymentId, at } of inOrder(systemAt('documents').effects.search)) {
        const { userId, amountMinor, currency } = PAYMENT;
        const content = { userId, amountMinor, currency };
        await take({ kind: 'document', paymentId, version: 2, ...content, at });
      }
      return { reindexedBeforeMs: undefined };
    },
    async charges(take) {
      const { charges } = systemAt('charges');
      await give(
        charges.map((charge) => ({ kind: 'charge' as const, ...charge })),
        take,
      );
    },
    chargesOf: async () => {},
    older: async () => {},
    async statusesNow(ids) {
      const { payments } = systemAt('statusesNow');
      return new Map(ids.flatMap((id) => [...statusOf(payments, id)]));
    },
    async outboxNow(ids) {
      const rows = systemAt('outboxNow').outbox.filter(({ eventId }) => ids.includes(eventId));
      return new Map(rows.map((row) => [row.eventId, row]));
    },
    async deadLettersNow(letters) {
      const { table, deadLetters } = structuredClone(systemAt('deadLettersNow'));
      const asked = new Set(letters.map(deadLetterName));
      return CONSUMERS.flatMap((consumer) => rowsOf(consumer, table, deadLetters)).filter((row) =>
        asked.has(deadLetterName(row.letter)),
      );
    },
  };
}

const rowsOf = (
  consumer: ConsumerName,
  table: HonestSystem['table'],
  deadLetters: HonestSystem['deadLetters'],
): (DeadLetterRow & { paymentId: string })[] =>
  table[consumer].flatMap((row, at) => {
    const found = deadLetters[consumer][at];
    if (!found) return [];
    const letter = letterOf(consumer, found);
    return { ...row, letter, paymentId: found.paymentId, deadLetteredAtMs: 0, askedAtMs: 0 };
  });

const letterOf = (
  consumer: ConsumerName,
  { original, redriveCount }: DeadLetter,
): DeadLetterIdentity => ({
  consumer,
  topic: 'payment.completed',
  partition: 0,
  offset: BigInt(original.split('-')[1] ?? ''),
  redriveCount,
});

function* statusOf(payments: Evidence['payments'], id: string) {
  const payment = payments.get(id);
  if (payment) yield [id, payment.status] as const;
}
