import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumerName } from '@effectively-once/contracts';
import { PartitionedSpill } from '../spill/partitioned-spill.js';
import {
  judgedRows,
  outboxKnownSinceMs,
  topicKnownSinceMs,
  type Evidence,
  type PaymentRow,
  type Scope,
  type TopicEnds,
} from './evidence.js';
import { keyOf, type Fact } from './facts.js';
import type { BoundedResources } from '../invariants/i12-bounds.js';
import { lookUpLater, lookUpOlder } from './look-ups.js';
import { assemble, type GlobalEvidence } from './assemble.js';
import type { Stores } from '../stores/stores.js';

/** Bounds the memory of an audit: it holds one bucket of facts at a time, about 10 MB. */
const PAYMENTS_PER_BUCKET = 2_500;
// Each bucket buffers some facts in memory, so their number is bounded. Beyond 2.5 million payments
// the buckets grow instead.
const BUCKETS_MAX = 1_024;

export interface CollectedEvidence {
  bucketCount: number;
  resources: BoundedResources;
  /** Yields all evidence about one bucket of payments after the other. */
  buckets(): AsyncGenerator<Evidence>;
  close(): Promise<void>;
}

/**
 * Reads every store while the system runs. No point-in-time snapshot covers all stores. In this
 * order the audit never reports a correct system as wrong:
 *
 *   payments ──► slot ──► topic ──► committed ──► effects, ──► console's ──► dead letters, ──┐
 *   (snapshot)                      offsets       journals     table         redrives        │
 *                                                                                            ▼
 *                                                look-ups: payments, outbox, console's table again
 *
 * Four rules decide the order.
 * 1. Read a promise before the thing that it promises. The slot's position promises that an event
 *    is in the topic. A committed offset promises an effect or a dead letter. Both are written
 *    last, so the thing that they promise exists before the audit looks for it. The console's table
 *    promises too: that it ingested a dead letter, that it sent a redrive. In the opposite order,
 *    the audit would report an effect as lost if a healthy consumer applied it between the two
 *    readings.
 * 2. Read an excuse after the thing that it excuses. Between two readings a payment may be
 *    dead-lettered, the next payment may pass it, and an operator may redrive it. If the audit does
 *    not see the dead letter, it reports that the payment was overtaken.
 * 3. Some things are newer than the snapshot of payments: a record, an effect, or a capture of a
 *    payment that has changed since. Look up their payments again at the end, when these must be
 *    committed.
 * 4. Payments, outbox rows and stored responses change in one statement, so one snapshot reads them
 *    all.
 *
 * Only one bucket is in memory: each fact goes to the bucket of its payment (a Grace hash join),
 * and the look-ups at the end run bucket by bucket.
 */
export async function collectEvidence(
  stores: Stores,
  scope: Scope,
  options: { slotWaitMaxMs: number; paymentsPerBucket?: number },
): Promise<CollectedEvidence> {
  const { slotWaitMaxMs, paymentsPerBucket = PAYMENTS_PER_BUCKET } = options;
  const needed = Math.ceil((await stores.countPayments()) / paymentsPerBucket);
  const spill = new PartitionedSpill<Fact>(Math.min(Math.max(needed, 1), BUCKETS_MAX));
  try {
    const globalEvidence = await readAllStores(stores, spill, { ...scope, slotWaitMaxMs });
    const resources = await readBoundedResources(stores);
    return {
      resources,
      bucketCount: spill.bucketCount,
      async *buckets() {
        for (let bucket = 0; bucket < spill.bucketCount; bucket++) {
          const known = await assemble(spill.bucket(bucket), globalEvidence);
          await lookUpOlder(stores, known);
          yield { ...known, ...(await lookUpLater(stores, known)) };
        }
      },
      close: () => spill.close(),
    };
  } catch (error) {
    await spill.close();
    throw error;
  }
}

async function readBoundedResources(stores: Stores): Promise<BoundedResources> {
  const slotLagBytes = await stores.slotLag();
  const consumers = await perConsumer((consumer) => stores.consumerState(consumer));
  return { slotLagBytes, consumers };
}

async function readAllStores(
  stores: Stores,
  spill: PartitionedSpill<Fact>,
  { slotWaitMaxMs, ...scope }: Scope & { slotWaitMaxMs: number },
): Promise<GlobalEvidence> {
  const take = (fact: Fact) => spill.put(keyOf(fact), fact);
  const { pspOutages, walPosition } = await stores.paymentsSnapshot(take);
  const publication = { scope, walPosition, waitMaxMs: slotWaitMaxMs };
  const slotPassedSnapshot = await readPublication(stores, spill, publication);
  const offsets = await perConsumer((consumer) => stores.offsets(consumer));
  const [{ reindexedBeforeMs }] = await Promise.all([
    stores.documents(take),
    stores.points(take),
    // Email declares a second send before it sends. So read the declarations after the receipts.
    stores.receipts(take).then(() => stores.maybeDuplicates(take)),
    stores.charges(take),
  ]);
  const ingested = await stores.deadLetterTable(take);
  await perConsumer(async (consumer) => {
    await stores.deadLetters(consumer, take);
    await stores.redrives(consumer, take);
  });
  return { ...scope, pspOutages, slotPassedSnapshot, reindexedBeforeMs, offsets, ingested };
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
 * Waits for events that are not in the topic yet, until they arrive or until the slot has passed
 * them. After the slot has passed an event, the connector never publishes it.
 * @returns whether the slot had passed the snapshot before the topic was read for the last time.
 */
async function readPublication(
  stores: Stores,
  spill: PartitionedSpill<Fact>,
  options: { scope: Scope; walPosition: string; waitMaxMs: number },
): Promise<boolean> {
  const deadlineMs = Date.now() + options.waitMaxMs;
  let ends: TopicEnds = new Map();
  for (;;) {
    const slotPassed = await stores.slotHasPassed(options.walPosition);
    ends = await stores.published(ends, (record) => spill.put(keyOf(record), record));
    if (slotPassed || Date.now() >= deadlineMs) return slotPassed;
    if (await everyEventIsPublished(spill, options.scope)) return false;
    await sleep(SLOT_POLL_MS);
  }
}

async function everyEventIsPublished(
  spill: PartitionedSpill<Fact>,
  scope: Scope,
): Promise<boolean> {
  for (let bucket = 0; bucket < spill.bucketCount; bucket++) {
    const outbox: Evidence['outbox'] = [];
    const rowMayBeGone: string[] = [];
    const published = new Set<string | undefined>();
    for await (const fact of spill.bucket(bucket)) {
      if (fact.kind === 'outbox_row') outbox.push(fact);
      if (fact.kind === 'payment' && isOnlyInTopic(fact, scope)) rowMayBeGone.push(fact.id);
      if (fact.kind === 'record') published.add(fact.eventId).add(fact.paymentId);
    }
    const rows = judgedRows({ ...scope, outbox }).map(({ eventId }) => eventId);
    if (![...rows, ...rowMayBeGone].every((id) => published.has(id))) return false;
  }
  return true;
}

/** Whether a payment's event must still be in the topic, although its outbox row may be dropped. */
const isOnlyInTopic = ({ status, completedAtMs }: PaymentRow, scope: Scope) =>
  status === 'COMPLETED' &&
  completedAtMs >= topicKnownSinceMs(scope) &&
  completedAtMs < outboxKnownSinceMs(scope);
