import { perConsumer } from '../evidence/assemble.js';
import type { Stores } from '../stores/stores.js';

/**
 * Stores with this many correct payments. They hold none in memory: each is made when it is read.
 */
export function manyPayments(count: number): Stores {
  const ids = function* () {
    for (let n = 0; n < count; n++) yield { n, id: `01a1fe5f-8515-75bb-a270-${n}` };
  };
  return {
    slotLag: async () => 0,
    consumerState: async () => ({ parkedKeys: 0, inFlightRecords: new Map() }),
    countPayments: async () => count,
    async paymentsSnapshot(take) {
      for (const { n, id } of ids()) {
        await take({ kind: 'payment', id, ...payment(n) });
        await take({ kind: 'outbox_row', eventId: id, paymentId: id, ...event });
        const answer = { httpStatus: 201, bodyId: id, says: 'COMPLETED', responsesOfKey: 1 };
        await take({ kind: 'stored_response', paymentId: id, ...answer });
      }
      return { pspOutages: [], walPosition: '' };
    },
    slotHasPassed: async () => true,
    async published(_, take) {
      for (const { n, id } of ids()) {
        const at = { partition: 0, offset: BigInt(n) };
        await take({ kind: 'record', ...at, eventId: id, paymentId: id, ...event });
      }
      return new Map([[0, BigInt(count)]]);
    },
    offsets: async () => ({
      committed: new Map([[0, BigInt(count)]]),
      redriveCommitted: new Map(),
    }),
    deadLetterTable: async () => perConsumer(() => new Map()),
    deadLetters: async () => {},
    redrives: async () => {},
    async points(take) {
      for (const { n, id } of ids()) {
        const { userId, amountMinor, currency } = payment(n);
        await take({ kind: 'points_entry', paymentId: id, userId, amountMinor, currency, at: n });
      }
    },
    async receipts(take) {
      for (const { n, id } of ids()) await take({ kind: 'receipt', paymentId: id, at: n });
    },
    maybeDuplicates: async () => {},
    async documents(take) {
      for (const { n, id } of ids()) {
        const { userId, amountMinor, currency } = payment(n);
        const content = { userId, amountMinor, currency };
        await take({ kind: 'document', paymentId: id, version: 2, ...content, at: n });
      }
      return { reindexedBeforeMs: undefined };
    },
    async charges(take) {
      for (const { n, id } of ids()) {
        const { amountMinor, currency } = payment(n);
        const charge = { id: `pi_${n}`, paymentId: id, amountMinor, currency, atMs: 0 };
        await take({ kind: 'charge', ...charge, status: 'captured' });
      }
    },
    chargesOf: async () => {},
    older: async () => {},
    statusesNow: async () => new Map(),
    debtsNow: async () => new Map(),
    outboxNow: async () => new Map(),
    deadLettersNow: async () => [],
  };
}

const payment = (n: number) => ({
  userId: `user-${n % 1_000}`,
  status: 'COMPLETED' as const,
  version: 2,
  amountMinor: 100 + n,
  currency: 'EUR',
  createdAtMs: 0,
  completedAtMs: 0,
});

const event = { occurredAtMs: 0, payloadMd5: 'md5', valueMd5: 'md5' };
