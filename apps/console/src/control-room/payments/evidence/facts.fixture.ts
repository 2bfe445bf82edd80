import type { OnePaymentFacts } from '@effectively-once/audit';
import { CE_HEADERS, PAYMENT_COMPLETED } from '@effectively-once/contracts';

export const at = (ms: number) => Date.parse('2026-11-20T12:00:00.000Z') + ms;
export const iso = (ms: number) => new Date(at(ms)).toISOString();

/** A payment that has reached every store, one step every 10 ms. A test changes one part of it. */
export function honestFacts(changes: Partial<OnePaymentFacts> = {}): OnePaymentFacts {
  const committed = () => ({ committed: new Map([[3, 8n]]), redriveCommitted: new Map() });
  return {
    payment: {
      id: '019aa1c4-6f5e-7c3a-9a51-3f0c8d2e7b10',
      userId: 'alice',
      orderId: 'order-1',
      status: 'COMPLETED',
      version: 2,
      amountMinor: 1299,
      currency: 'EUR',
      createdAtMs: at(0),
      completedAtMs: at(20),
      pspReference: 'pi_1',
      failureCode: null,
      pspAttempts: 1,
      traceparent: '00-trace',
    },
    facts: [],
    outboxRows: [{ eventId: 'event-1', occurredAtMs: at(20), partitionKey: 'alice' }],
    claim: { createdAtMs: at(0), responseStatus: 201 },
    refunds: [],
    pspOutages: [],
    slotPassedSnapshot: true,
    key: 'alice',
    topics: new Map([
      [
        PAYMENT_COMPLETED,
        {
          topic: PAYMENT_COMPLETED,
          partition: 3,
          searched: { from: 5n, end: 9n },
          isComplete: true,
          records: [record('event-1', 7n)],
        },
      ],
    ]),
    offsets: { email: committed(), loyalty: committed(), search: committed() },
    charges: [
      {
        id: 'pi_1',
        paymentId: 'paid',
        amountMinor: 1299,
        currency: 'EUR',
        status: 'captured',
        atMs: at(10),
      },
    ],
    receipts: [{ messageId: '<paid>', atMs: at(40) }],
    marker: {
      state: 'done',
      writtenAtMs: at(50),
      leaseUntilMs: null,
      attempt: null,
      messageId: '<paid>',
    },
    maybeDuplicates: [],
    points: {
      entries: [
        {
          userId: 'alice',
          amountMinor: 1299,
          currency: 'EUR',
          points: '12',
          eventId: 'event-1',
          awardedAtMs: at(45),
        },
      ],
      facts: [],
    },
    documents: [
      {
        index: 'payments-1',
        sequenceNumber: 1,
        version: 2,
        userId: 'alice',
        amountMinor: 1299,
        currency: 'EUR',
      },
    ],
    deadLetters: { letters: [], facts: [], ingested: emptyPositions() },
    unreadable: [],
    ...changes,
  };
}

const emptyPositions = () => ({ email: new Map(), loyalty: new Map(), search: new Map() });

export const record = (eventId: string, offset: bigint) => ({
  topic: PAYMENT_COMPLETED,
  partition: 3,
  offset,
  key: Buffer.from('alice'),
  value: Buffer.from('{}'),
  headers: { [CE_HEADERS.id]: Buffer.from(eventId) },
  timestampMs: at(30),
});
