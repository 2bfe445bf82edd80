import {
  deadLetterName,
  type DeadLetterRow,
  type ConsumerProgress,
  type Evidence,
} from '../evidence/evidence.js';
import { perConsumer } from '../evidence/assemble.js';

export const CUTOFF_MS = Date.parse('2026-11-20T12:00:00.000Z');
export const SETTLE_LIMIT_MS = 120_000;
const COMPLETED_AT_MS = CUTOFF_MS - 600_000;

/** Evidence of one payment, `paid`, that has reached every store. A test changes one part of it. */
export function honestEvidence(changes: Partial<Evidence> = {}): Evidence {
  return {
    cutoffMs: CUTOFF_MS,
    settleLimitMs: SETTLE_LIMIT_MS,
    payments: new Map([
      [
        'paid',
        {
          userId: 'alice',
          status: 'COMPLETED',
          version: 2,
          amountMinor: 1299,
          currency: 'EUR',
          createdAtMs: COMPLETED_AT_MS - 50,
          completedAtMs: COMPLETED_AT_MS,
        },
      ],
    ]),
    older: new Set(),
    outbox: [
      {
        eventId: 'event',
        paymentId: 'paid',
        occurredAtMs: COMPLETED_AT_MS,
        payloadMd5: 'md5',
      },
    ],
    storedResponses: [
      { responsesOfKey: 1, paymentId: 'paid', httpStatus: 201, bodyId: 'paid', says: 'COMPLETED' },
    ],
    pspOutages: [],
    laterStatuses: new Map(),
    laterOutbox: new Map(),
    laterDebts: new Map(),
    published: [
      {
        partition: 3,
        offset: 7n,
        eventId: 'event',
        paymentId: 'paid',
        occurredAtMs: COMPLETED_AT_MS,
        valueMd5: 'md5',
      },
    ],
    slotPassedSnapshot: true,
    progress: { email: caughtUp(), loyalty: caughtUp(), search: caughtUp() },
    pointsEntries: new Map([['paid', [{ userId: 'alice', amountMinor: 1299, currency: 'EUR' }]]]),
    unbalancedAccounts: [],
    receipts: new Map([['paid', 1]]),
    maybeDuplicates: new Map(),
    documents: new Map([
      ['paid', [{ version: 2, userId: 'alice', amountMinor: 1299, currency: 'EUR' }]],
    ]),
    firstEffects: {
      email: new Map([['paid', 0]]),
      loyalty: new Map([['paid', 0]]),
      search: new Map([['paid', 0]]),
    },
    reindexedBeforeMs: undefined,
    charges: [
      {
        id: 'pi_1',
        paymentId: 'paid',
        amountMinor: 1299,
        currency: 'EUR',
        status: 'captured',
        atMs: COMPLETED_AT_MS,
      },
    ],
    ...oneRedrivenDeadLetter(),
    ...changes,
  };
}

/** Loyalty dead-lettered `paid` at offset 5. The console redrove it and has it in its table. */
function oneRedrivenDeadLetter() {
  const letter = {
    consumer: 'loyalty' as const,
    topic: 'payment.completed',
    partition: 3,
    offset: 5n,
    redriveCount: 0,
  };
  const name = deadLetterName(letter);
  const at = { partition: 0, offset: 0n, paymentId: 'paid', letter };
  const row: DeadLetterRow = {
    letter,
    paymentId: 'paid',
    state: 'redriven',
    isBeingRedriven: false,
    isRecordGone: false,
    deadLetteredAtMs: COMPLETED_AT_MS,
    askedAtMs: COMPLETED_AT_MS,
  };
  return {
    dlqRecords: new Map([[name, [{ ...at, isClaimed: true }]]]),
    deadLetterRows: new Map([[name, [row]]]),
    redriveRecords: new Map([[name, [at]]]),
    ingested: perConsumer(() => new Map([[0, 1n]])),
    laterRows: new Map(),
  };
}

/** A consumer that has completed every record of partition 3. */
export function caughtUp(changes: Partial<ConsumerProgress> = {}): ConsumerProgress {
  return {
    committed: new Map([[3, 8n]]),
    redriveCommitted: new Map([[3, -1n]]),
    deadLetters: new Map(),
    deadLetterStates: new Map(),
    redrives: new Map(),
    ...changes,
  };
}

/** The same payment with another status or time. */
export function paidWith(
  change: Partial<NonNullable<ReturnType<Evidence['payments']['get']>>>,
): Evidence['payments'] {
  const paid = honestEvidence().payments.get('paid');
  if (!paid) throw new Error('the honest evidence has no payment');
  return new Map([['paid', { ...paid, ...change }]]);
}
