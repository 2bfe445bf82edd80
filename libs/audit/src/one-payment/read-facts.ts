import { CONSUMERS, type ConsumerName } from '@effectively-once/contracts';
import { withTimeout } from '@effectively-once/timing';
import { perConsumer } from '../evidence/assemble.js';
import type { Charge, ConsumerProgress } from '../evidence/evidence.js';
import { readChargesOf, readMailsOf } from '../stores/journals.js';
import type { FactOf } from '../evidence/facts.js';
import { readOffsets } from '../stores/kafka.js';
import { readOutboxNow } from '../stores/payments.js';
import { reading, UnreadableStore } from '../stores/unreadable-store.js';
import type { Connections } from './connections.js';
import { readDeadLetterTableOf, type DeadLetterTable } from './dead-letter-facts.js';
import {
  readDocumentsOf,
  readPointsOf,
  type IndexedDocument,
  type PointsFacts,
} from './effect-facts.js';
import {
  readMaybeDuplicatesOf,
  readReceiptMarker,
  type MaybeDuplicate,
  type AcceptedReceipt,
  type ReceiptMarker,
} from './email-facts.js';
import { readPaymentFacts, type PaymentFacts } from './payment-facts.js';
import {
  OTHER_TOPICS,
  PAYMENT_TOPIC,
  searchTopics,
  topicFacts,
  type TopicSearch,
} from './topic-facts.js';

// A person waits. A store that has not answered by then is unreadable.
const STORE_TIMEOUT_MS = 5_000;
const CLOCKS_APART_MAX_MS = 60_000;

export const STORES = {
  payments: 'the payments database',
  kafka: 'Kafka',
  psp: "the PSP's journal",
  mails: "the mail provider's journal",
  redis: 'Redis',
  loyalty: 'the loyalty database',
  search: 'the search index',
  console: 'the console database',
} as const;
export type StoreName = (typeof STORES)[keyof typeof STORES];

/** Everything that the stores know about one payment. undefined: its store cannot be read. */
export interface OnePaymentFacts extends PaymentFacts {
  /** The key of its records: the user, or what its outbox row says. */
  key: string;
  topics: ReadonlyMap<string, TopicSearch> | undefined;
  offsets:
    Record<ConsumerName, Pick<ConsumerProgress, 'committed' | 'redriveCommitted'>> | undefined;
  charges: Charge[] | undefined;
  receipts: AcceptedReceipt[] | undefined;
  marker: ReceiptMarker | null | undefined;
  maybeDuplicates: MaybeDuplicate[] | undefined;
  points: PointsFacts | undefined;
  documents: IndexedDocument[] | undefined;
  deadLetters: DeadLetterTable | undefined;
  unreadable: StoreName[];
}

/** Reads from a store; undefined, and the store is named, if it does not answer in time. */
type ReadFrom = <Value>(store: StoreName, read: () => Promise<Value>) => Promise<Value | undefined>;

/**
 * Reads one payment's facts by its id from every store, in the order of collect-evidence.ts, which
 * says why: a promise is read before the thing that it promises, an excuse after the thing that it
 * excuses.
 *
 *   payments, slot ──► topic, committed ──► effects, ──► console's ──► dead letters,
 *   (one snapshot)     offsets              journals     table         redrives
 *
 * The topic and the offsets are read at the same time, because neither promises the other: an
 * offset promises an effect, and the slot promises the event.
 *
 * @returns undefined if there is no such payment.
 * @throws UnreadableStore if the payments database does not answer. Any other store that does not
 *   answer is named in `unreadable`, and the rest is read nevertheless.
 */
export async function readFacts(
  connections: Connections,
  id: string,
): Promise<OnePaymentFacts | undefined> {
  const unreadable = new Set<StoreName>();
  const from: ReadFrom = async (store, read) => {
    try {
      return await withTimeout(read(), STORE_TIMEOUT_MS);
    } catch {
      unreadable.add(store);
      return undefined;
    }
  };
  const known = await reading(STORES.payments, () => readPaymentFacts(connections, id));
  if (!known) return undefined;
  const { kafkaBrokers: brokers } = connections.sources;
  const { createdAtMs, userId } = known.payment;
  const key = known.outboxRows[0]?.partitionKey ?? userId;
  const search = { brokers, paymentId: id, key, sinceMs: createdAtMs };
  const [published, offsets] = await Promise.all([
    from(STORES.kafka, () => complete(searchTopics(search, PAYMENT_TOPIC))),
    from(STORES.kafka, () => readAllOffsets(brokers)),
  ]);
  const unusual = await from(STORES.payments, () => readUnusualRows(connections, known, published));
  const effects = await readEffects(connections, known.payment, from);
  const deadLetters = await from(STORES.console, () => readDeadLetterTableOf(connections, id));
  const others = await from(STORES.kafka, () => complete(searchTopics(search, OTHER_TOPICS)));
  const topics = published && others && new Map([...published, ...others]);
  return {
    ...known,
    facts: [...known.facts, ...(unusual ?? [])],
    outboxRows: [
      ...known.outboxRows,
      ...(unusual ?? []).map((row) => ({ ...row, partitionKey: key })),
    ],
    key,
    topics: topics ?? published,
    offsets,
    ...effects,
    deadLetters,
    unreadable: [...unreadable],
  };
}

type Effects = Pick<
  OnePaymentFacts,
  'charges' | 'receipts' | 'marker' | 'maybeDuplicates' | 'points' | 'documents'
>;

/** The effects and journals, all at the same time: none of them promises another. */
async function readEffects(
  connections: Connections,
  { id, userId, createdAtMs }: PaymentFacts['payment'],
  from: ReadFrom,
): Promise<Effects> {
  const { thirdPartiesUrl } = connections.sources;
  const readMails = async () => {
    const receipts = await from(STORES.mails, () => readMailsOf(thirdPartiesUrl, id));
    const sinceMs = createdAtMs - CLOCKS_APART_MAX_MS;
    // Email declares a second send before it sends. So read the declarations after the receipts.
    const declared = () => readMaybeDuplicatesOf(connections, id, sinceMs);
    return { receipts, maybeDuplicates: await from(STORES.redis, declared) };
  };
  const readCharges = async () => {
    const charges: Charge[] = [];
    await readChargesOf(thirdPartiesUrl, [id], (charge) => void charges.push(charge));
    return charges;
  };
  const [marker, documents, points, mails, charges] = await Promise.all([
    from(STORES.redis, async () => (await readReceiptMarker(connections, id)) ?? null),
    from(STORES.search, () => readDocumentsOf(connections, id)),
    from(STORES.loyalty, () => readPointsOf(connections, { id, userId })),
    readMails(),
    from(STORES.psp, readCharges),
  ]);
  return { marker, documents, points, charges, ...mails };
}

/**
 * Outbox rows of the payment whose event id is not of the time of its completion, by the ids of the
 * records in the topic. Only of a completed payment: its true row is in the same snapshot, so a
 * row that is found later is one too many.
 */
async function readUnusualRows(
  { payments }: Connections,
  { payment, outboxRows }: PaymentFacts,
  published: ReadonlyMap<string, TopicSearch> | undefined,
): Promise<FactOf<'outbox_row'>[]> {
  if (payment.status !== 'COMPLETED') return [];
  const known = new Set(outboxRows.map(({ eventId }) => eventId));
  const eventIds = topicFacts(published ?? new Map()).flatMap((fact) =>
    fact.kind === 'record' && fact.eventId && !known.has(fact.eventId) ? fact.eventId : [],
  );
  const rows = await readOutboxNow(payments, [...new Set(eventIds)]);
  return [...rows.values()]
    .filter(({ paymentId }) => paymentId === payment.id)
    .map((row) => ({ kind: 'outbox_row', ...row }));
}

async function complete(
  searching: Promise<Map<string, TopicSearch>>,
): Promise<Map<string, TopicSearch>> {
  const searches = await searching;
  const cut = [...searches.values()].find(({ isComplete }) => !isComplete);
  if (!cut) return searches;
  const why = new Error(`${cut.topic} has too many records since the payment to search them all`);
  throw new UnreadableStore(STORES.kafka, why);
}

async function readAllOffsets(brokers: string[]) {
  const read = await Promise.all(
    CONSUMERS.map(async (consumer) => [consumer, await readOffsets(brokers, consumer)] as const),
  );
  const byConsumer = new Map(read);
  return perConsumer((consumer) => byConsumer.get(consumer)!);
}
