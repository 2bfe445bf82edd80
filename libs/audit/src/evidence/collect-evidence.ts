import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumerName } from '@effectively-once/contracts';
import { Deal } from '../spill/partitioned-spill.js';
import {
  judgedRows,
  outboxKnownSinceMs,
  topicKnownSinceMs,
  type Evidence,
  type Payment,
  type Scope,
} from './evidence.js';
import { keyOf, type Fact } from './facts.js';
import type { Bounded } from '../invariants/i12-bounds.js';
import { lookUpLater, lookUpOlder } from './look-ups.js';
import { pour, type Whole } from './assemble.js';
import type { Stores, TopicEnds } from '../stores/stores.js';

/** What decides how much memory an audit takes. A bucket of facts is about 10 MB. */
const PAYMENTS_PER_BUCKET = 2_500;
// Each keeps some facts waiting in memory. Beyond 2.5 million payments buckets grow instead.
const BUCKETS_MAX = 1_024;

export interface Collected {
  bucketCount: number;
  bounded: Bounded;
  /** Everything about some of the payments, again and again until all were there. */
  buckets(): AsyncGenerator<Evidence>;
  close(): Promise<void>;
}

/**
 * Reads every store while the system runs, in the one order that cannot accuse an honest system:
 *
 *   payments ──► slot ──► topic ──► committed ──► effects, ──► console's ──► dead letters, ──► payments, table
 *   (snapshot)                      offsets       journals     table         redrives          (look-ups)
 *
 * Four rules make it so.
 * 1. A promise is read before what keeps it. The slot promises that an event is in the topic, an offset
 *    that an effect or a dead letter is there; both are given last, so whatever they promise was there
 *    before we look for it. The console's table promises too: the dead letter it took in, the redrive it
 *    marked. Read the other way round, an effect done between the two readings of a healthy consumer would
 *    be called lost.
 * 2. An excuse is read after what it excuses. A payment may be dead-lettered, passed by the next one and
 *    redriven between two readings; seen without its dead letter, it was overtaken.
 * 3. What the snapshot could not know (a record, an effect, a capture of a payment that moved on since)
 *    is looked up again at the very end, when its payment must have been committed.
 * 4. Payments, outbox rows and stored responses change in one statement, so they are read in one snapshot.
 *
 * Nothing is held: each fact goes to the bucket of its payment, and the look-ups of the end are made
 * bucket by bucket.
 */
export async function collectEvidence(
  stores: Stores,
  scope: Scope,
  options: { slotWaitMaxMs: number; paymentsPerBucket?: number },
): Promise<Collected> {
  const { slotWaitMaxMs, paymentsPerBucket = PAYMENTS_PER_BUCKET } = options;
  const needed = Math.ceil((await stores.countPayments()) / paymentsPerBucket);
  const deal = new Deal<Fact>(Math.min(Math.max(needed, 1), BUCKETS_MAX));
  try {
    const whole = await readEverything(stores, deal, { ...scope, slotWaitMaxMs });
    const bounded = await readBounded(stores);
    return {
      bounded,
      bucketCount: deal.bucketCount,
      async *buckets() {
        for (let bucket = 0; bucket < deal.bucketCount; bucket++) {
          const known = await pour(deal.bucket(bucket), whole);
          await lookUpOlder(stores, known);
          yield { ...known, ...(await lookUpLater(stores, known)) };
        }
      },
      close: () => deal.close(),
    };
  } catch (error) {
    await deal.close();
    throw error;
  }
}

async function readBounded(stores: Stores): Promise<Bounded> {
  const slotLagBytes = await stores.slotLag();
  return { slotLagBytes, windows: await perConsumer((consumer) => stores.windows(consumer)) };
}

async function readEverything(
  stores: Stores,
  deal: Deal<Fact>,
  { slotWaitMaxMs, ...scope }: Scope & { slotWaitMaxMs: number },
): Promise<Whole> {
  const take = (fact: Fact) => deal.put(keyOf(fact), fact);
  const { pspOutages, walPosition } = await stores.paymentsSnapshot(take);
  const publication = { scope, walPosition, waitMaxMs: slotWaitMaxMs };
  const slotPassedSnapshot = await readPublication(stores, deal, publication);
  const offsets = await perConsumer((consumer) => stores.offsets(consumer));
  const [{ reindexedBeforeMs }] = await Promise.all([
    stores.documents(take),
    stores.points(take),
    // A second send is declared before it is sent, so the declarations are read after the receipts.
    stores.receipts(take).then(() => stores.maybeDuplicates(take)),
    stores.charges(take),
  ]);
  const takenIn = await stores.deadLetterTable(take);
  await perConsumer(async (consumer) => {
    await stores.deadLetters(consumer, take);
    await stores.redrives(consumer, take);
  });
  return { ...scope, pspOutages, slotPassedSnapshot, reindexedBeforeMs, offsets, takenIn };
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

/**
 * Events that are not in the topic yet get a moment: until they come, or until the slot has passed them,
 * after which they will not come any more.
 * @returns whether the slot had passed the snapshot before the topic was read for the last time.
 */
async function readPublication(
  stores: Stores,
  deal: Deal<Fact>,
  options: { scope: Scope; walPosition: string; waitMaxMs: number },
): Promise<boolean> {
  const deadlineMs = Date.now() + options.waitMaxMs;
  let ends: TopicEnds = new Map();
  for (;;) {
    const slotPassed = await stores.slotHasPassed(options.walPosition);
    ends = await stores.published(ends, (record) => deal.put(keyOf(record), record));
    if (slotPassed || Date.now() >= deadlineMs) return slotPassed;
    if (await everyEventIsPublished(deal, options.scope)) return false;
    await sleep(SLOT_POLL_MS);
  }
}

async function everyEventIsPublished(deal: Deal<Fact>, scope: Scope): Promise<boolean> {
  for (let bucket = 0; bucket < deal.bucketCount; bucket++) {
    const outbox: Evidence['outbox'] = [];
    const rowMayBeGone: string[] = [];
    const published = new Set<string | undefined>();
    for await (const fact of deal.bucket(bucket)) {
      if (fact.kind === 'outbox_row') outbox.push(fact);
      if (fact.kind === 'payment' && onlyTopicKnows(fact, scope)) rowMayBeGone.push(fact.id);
      if (fact.kind === 'record') published.add(fact.eventId).add(fact.paymentId);
    }
    const rows = judgedRows({ ...scope, outbox }).map(({ eventId }) => eventId);
    if (![...rows, ...rowMayBeGone].every((id) => published.has(id))) return false;
  }
  return true;
}

/** Whether a payment's event is still in the topic, though its row may have left the outbox. */
const onlyTopicKnows = ({ status, completedAtMs }: Payment, scope: Scope) =>
  status === 'COMPLETED' &&
  completedAtMs >= topicKnownSinceMs(scope) &&
  completedAtMs < outboxKnownSinceMs(scope);
