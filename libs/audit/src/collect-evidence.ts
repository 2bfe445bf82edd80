import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumerName } from '@effectively-once/contracts';
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
 *   payments ──► slot ──► topic ──► committed ──► effects, ──► dead letters, ──► payments
 *   (snapshot)                      offsets       journals     redrives          (look-ups)
 *
 * Four rules make it so.
 * 1. A promise is read before what keeps it. The slot promises that an event is in the topic, an offset
 *    that an effect or a dead letter is there; both are given last, so whatever they promise was there
 *    before we look for it. Read the other way round, an effect done between the two readings of a
 *    healthy consumer would be called lost.
 * 2. An excuse is read after what it excuses. A payment may be dead-lettered, passed by the next one and
 *    redriven between two readings; seen without its dead letter, it was overtaken.
 * 3. What the snapshot could not know (a record, an effect, a capture of a payment that moved on since)
 *    is looked up again at the very end, when its payment must have been committed.
 * 4. Payments, outbox rows and stored responses change in one statement, so they are read in one snapshot.
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
  const offsets = await perConsumer((consumer) => stores.offsets(consumer));
  const effects = await readEffects(stores);
  const setAside = await perConsumer((consumer) => readSetAside(stores, consumer));
  const deliveries = {
    email: { ...offsets.email, ...setAside.email },
    loyalty: { ...offsets.loyalty, ...setAside.loyalty },
    search: { ...offsets.search, ...setAside.search },
  };
  const known = { ...scope, ...snapshot, ...publication, deliveries, ...effects };
  return { ...known, ...(await lookUpLater(stores, known)) };
}

async function perConsumer<Value>(
  read: (consumer: ConsumerName) => Promise<Value>,
): Promise<Record<ConsumerName, Value>> {
  const [email, loyalty, search] = await Promise.all([
    read('email'),
    read('loyalty'),
    read('search'),
  ]);
  return { email, loyalty, search };
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

async function readEffects(stores: Stores) {
  const [points, receipts, documents, charges] = await Promise.all([
    stores.points(),
    readReceiptsThenDeclarations(stores),
    stores.documents(),
    stores.charges(),
  ]);
  const { firstAwarded, ...entries } = points;
  const { firstMailed, ...mails } = receipts;
  const { firstIndexed, ...index } = documents;
  const firstEffects = { email: firstMailed, loyalty: firstAwarded, search: firstIndexed };
  return { ...entries, ...mails, ...index, firstEffects, charges };
}

async function readSetAside(
  stores: Stores,
  consumer: ConsumerName,
): Promise<Pick<Delivery, 'deadLetters' | 'redrives'>> {
  const deadLetters = await stores.deadLetters(consumer);
  const redrives = await stores.redrives(consumer);
  return { deadLetters, redrives };
}

// A second send is declared before it is sent, so the declarations are read after the receipts.
async function readReceiptsThenDeclarations(stores: Stores) {
  const receipts = await stores.receipts();
  const maybeDuplicates = await stores.maybeDuplicates();
  return { ...receipts, maybeDuplicates };
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
