import { CONSUMERS, type ConsumerName } from '@effectively-once/contracts';
import {
  deadLetterName,
  asDeadLetter,
  type DeadLetter,
  type DeadLetterIdentity,
  type DeadLetterRow,
  type Evidence,
} from '../evidence/evidence.js';
import type { Fact } from '../evidence/facts.js';
import { perConsumer } from '../evidence/assemble.js';
import type { Stores } from '../stores/stores.js';
import { PAYMENT, type HonestSystem } from './honest-system.fixture.js';

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
          const known = { consumer, paymentId, state, ...asDeadLetter(row.letter) };
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
    // Its payments complete or are never captured, so there is no debt.
    debtsNow: async () => new Map(),
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

/** A Map keeps the order in which its keys were first set. */
const inOrder = (effects: Map<string, number>) =>
  [...effects].map(([paymentId, times], at) => ({ paymentId, times, at }));

async function give<F extends Fact>(facts: F[], take: (fact: F) => Promise<void> | void) {
  for (const fact of structuredClone(facts)) await take(fact);
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
    const times = { deadLetteredAtMs: 0, askedAtMs: 0 };
    return { ...row, letter, paymentId: found.paymentId, isRecordGone: false, ...times };
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
