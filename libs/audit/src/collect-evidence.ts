import { setTimeout as sleep } from 'node:timers/promises';
import { CONSUMERS, type ConsumerName } from '@effectively-once/contracts';
import {
  judgedRows,
  type Delivery,
  type Evidence,
  type OutboxRow,
  type Scope,
} from './evidence.js';
import type { Stores } from './stores.js';

/**
 * Reads every store while the system runs, in the one order that cannot accuse an honest system:
 *
 *   payments ──► slot ──► topic ──► committed ──► dead letters, redrives, ──► payments
 *   (snapshot)                      offsets       effects, journals           (look-ups)
 *
 * Three rules make it so.
 * 1. A promise is read before what keeps it. The slot promises that an event is in the topic, an offset
 *    that an effect or a dead letter is there; both are given last, so whatever they promise was there
 *    before we look for it. Read the other way round, an effect done between the two readings of a
 *    healthy consumer would be called lost.
 * 2. What the snapshot could not know (a record, an effect, a capture of a payment that moved on since)
 *    is looked up again at the very end, when its payment must have been committed.
 * 3. Payments, outbox rows and stored responses change in one statement, so they are read in one snapshot.
 */
export async function collectEvidence(
  stores: Stores,
  scope: Scope,
  options: { slotWaitMaxMs: number },
): Promise<Evidence> {
  const snapshot = await stores.paymentsSnapshot();
  const publication = await readPublication(stores, {
    rows: judgedRows({ ...scope, ...snapshot }),
    walPosition: snapshot.walPosition,
    waitMaxMs: options.slotWaitMaxMs,
  });
  const deliveries = await readDeliveries(stores);
  const [points, receipts, documents, charges] = await Promise.all([
    stores.points(),
    readReceiptsThenDeclarations(stores),
    stores.documents(),
    stores.charges(),
  ]);
  const effects = { ...points, ...receipts, documents, charges };
  const known = { ...scope, ...snapshot, ...publication, deliveries, ...effects };
  return { ...known, ...(await lookUpLater(stores, known)) };
}

const SLOT_POLL_MS = 250;

// Rows that are not in the topic yet get a moment: until they come, or until the slot has passed them,
// after which they will not come any more.
async function readPublication(
  stores: Stores,
  options: { rows: OutboxRow[]; walPosition: string; waitMaxMs: number },
): Promise<Pick<Evidence, 'published' | 'slotPassedSnapshot'>> {
  const deadlineMs = Date.now() + options.waitMaxMs;
  for (;;) {
    const slotPassedSnapshot = await stores.slotHasPassed(options.walPosition);
    const published = await stores.published();
    const eventIds = new Set(published.map(({ eventId }) => eventId));
    const isComplete = options.rows.every(({ eventId }) => eventIds.has(eventId));
    if (isComplete || slotPassedSnapshot || Date.now() >= deadlineMs) {
      return { published, slotPassedSnapshot };
    }
    await sleep(SLOT_POLL_MS);
  }
}

async function readDeliveries(stores: Stores): Promise<Record<ConsumerName, Delivery>> {
  const deliveries = await Promise.all(
    CONSUMERS.map(async (consumer) => {
      const offsets = await stores.offsets(consumer);
      const deadLetters = await stores.deadLetters(consumer);
      const redrives = await stores.redrives(consumer);
      return [consumer, { ...offsets, deadLetters, redrives }] as const;
    }),
  );
  return Object.fromEntries(deliveries) as Record<ConsumerName, Delivery>;
}

// A second send is declared before it is sent, so the declarations are read after the receipts.
async function readReceiptsThenDeclarations(stores: Stores) {
  const receipts = await stores.receipts();
  const maybeDuplicates = await stores.maybeDuplicates();
  return { receipts, maybeDuplicates };
}

async function lookUpLater(
  stores: Stores,
  known: Omit<Evidence, 'laterStatuses' | 'laterOutbox'>,
): Promise<Pick<Evidence, 'laterStatuses' | 'laterOutbox'>> {
  const paymentIds = new Set([
    ...known.pointsEntries.keys(),
    ...known.receipts.keys(),
    ...known.documents.keys(),
    ...known.charges.flatMap(({ paymentId }) => paymentId ?? []),
  ]);
  const unsettled = [...paymentIds].filter((id) => known.payments.get(id)?.status !== 'COMPLETED');
  const eventIds = new Set(known.outbox.map(({ eventId }) => eventId));
  const unknown = known.published.flatMap(({ eventId }) =>
    eventId && !eventIds.has(eventId) ? eventId : [],
  );
  return {
    laterStatuses: await stores.statusesNow(unsettled),
    laterOutbox: await stores.outboxNow(unknown),
  };
}
