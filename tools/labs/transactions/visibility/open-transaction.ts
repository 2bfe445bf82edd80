import { setTimeout as sleep } from 'node:timers/promises';
import {
  GroupConsumer,
  RecordProducer,
  TransactionalProducer,
  type Isolation,
} from '@effectively-once/kafka';
import { pollUntil } from '@effectively-once/timing';
import { connectedProducer, createTopic } from '../../../bench/delivery/produce.js';
import type { LabContext } from '../../lab.js';
import { SESSION_TIMEOUT_MS } from '../../process/one-by-one.js';

/** How a transaction ends. `abandoned`: its producer is gone, and no successor takes over. */
export type TransactionEnd = 'commit' | 'abort' | 'abandoned';

export interface Hold {
  end: TransactionEnd;
  /** From the start of the run. */
  fromMs: number;
  /** The longest time that a plain record behind it was visible to one reader only. */
  heldMs: number;
}

export interface VisibilityOutcome {
  holds: Hold[];
  /** Records of the aborted transactions that each reader saw. */
  abortedSeen: Record<Isolation, number>;
  abortedSent: number;
  /** Plain records, and those that a reader did not see at the end. */
  plain: number;
  unseen: number;
  /** Records seen until then, by both readers, about every 100 ms. */
  timeline: { atMs: number; read_committed: number; read_uncommitted: number }[];
}

const PLAIN_EVERY_MS = 20;
const RECORDS_OF_TRANSACTION = 10;
const SAMPLE_MS = 100;
/** The broker looks for expired transactions every 10 s. */
const ABANDONED_TIMEOUT_MS = 2_000;
const VISIBLE_WITHIN_MS = 60_000;
const BETWEEN_MS = 1_000;

/**
 * One partition, a plain producer, and two readers. Transactions are opened in it, stay open for
 * `openMs`, and end in different ways.
 */
export async function watchOpenTransactions(
  { brokers, signal }: LabContext,
  { openMs, ends }: { openMs: number; ends: readonly TransactionEnd[] },
): Promise<VisibilityOutcome> {
  const topic = `lab.transactions.visibility.${crypto.randomUUID()}`;
  await createTopic({ brokers, topic }, 1);
  const startedAtMs = performance.now();
  const now = () => performance.now() - startedAtMs;
  const readers = {
    read_committed: new Reader(brokers, topic, 'read_committed', now),
    read_uncommitted: new Reader(brokers, topic, 'read_uncommitted', now),
  };
  const producer = await connectedProducer(brokers);
  const stop = new AbortController();
  const timeline: VisibilityOutcome['timeline'] = [];
  try {
    await Promise.all(Object.values(readers).map((reader) => reader.start()));
    const plain = sendPlain(producer, topic, AbortSignal.any([stop.signal, signal]));
    const samples = sample(readers, timeline, { now, signal: stop.signal });
    const holds: Hold[] = [];
    for (const end of ends) {
      await sleep(BETWEEN_MS, undefined, { signal });
      const fromMs = now();
      await oneTransaction({ brokers, topic, end, openMs });
      // With the end of the transaction its readers are level again.
      const behind = readers.read_uncommitted.plain.size;
      await untilSeen(readers.read_committed, behind);
      holds.push({ end, fromMs, heldMs: longestHold(readers, fromMs) });
    }
    stop.abort();
    const count = await plain;
    for (const reader of Object.values(readers)) await untilSeen(reader, count);
    await samples;
    const abortedSeen = (reader: Reader) => reader.ofEnds.get('abort') ?? 0;
    return {
      holds,
      abortedSeen: {
        read_committed: abortedSeen(readers.read_committed),
        read_uncommitted: abortedSeen(readers.read_uncommitted),
      },
      abortedSent: ends.filter((end) => end === 'abort').length * RECORDS_OF_TRANSACTION,
      plain: count,
      unseen: 2 * count - readers.read_committed.plain.size - readers.read_uncommitted.plain.size,
      timeline,
    };
  } finally {
    stop.abort();
    await producer.disconnect();
    await Promise.all(Object.values(readers).map((reader) => reader.stop()));
  }
}

/** Counts what it sees: plain records by number, others by the end of their transaction. */
class Reader {
  /** When it saw each plain record. */
  readonly plain = new Map<string, number>();
  readonly ofEnds = new Map<string, number>();
  private readonly group: GroupConsumer;

  constructor(brokers: string[], topic: string, isolation: Isolation, now: () => number) {
    this.group = new GroupConsumer({
      brokers,
      groupId: `${topic}-${isolation}`,
      memberName: isolation,
      topics: [topic],
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      isolation,
      onAssigned: () => undefined,
      onRecords: ({ records }) => {
        for (const { key, value } of records) {
          const name = String(value);
          if (String(key) === 'plain') this.plain.set(name, now());
          else this.ofEnds.set(name, (this.ofEnds.get(name) ?? 0) + 1);
        }
      },
      onCrash: (error) => {
        throw error;
      },
    });
  }

  get seen(): number {
    return this.plain.size + [...this.ofEnds.values()].reduce((sum, count) => sum + count, 0);
  }

  start = () => this.group.start();
  stop = () => this.group.stop();
}

type Readers = Record<Isolation, Reader>;

async function sendPlain(
  producer: RecordProducer,
  topic: string,
  until: AbortSignal,
): Promise<number> {
  let n = 0;
  while (!until.aborted) {
    const value = Buffer.from(String(n));
    await producer.send({ topic, key: Buffer.from('plain'), value, headers: {} });
    n += 1;
    await sleep(PLAIN_EVERY_MS);
  }
  return n;
}

async function sample(
  readers: Readers,
  timeline: VisibilityOutcome['timeline'],
  { now, signal }: { now: () => number; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    const { read_committed, read_uncommitted } = readers;
    timeline.push({
      atMs: now(),
      read_committed: read_committed.seen,
      read_uncommitted: read_uncommitted.seen,
    });
    await sleep(SAMPLE_MS);
  }
}

async function oneTransaction(options: {
  brokers: string[];
  topic: string;
  end: TransactionEnd;
  openMs: number;
}): Promise<void> {
  const { brokers, topic, end, openMs } = options;
  const producer = await TransactionalProducer.takeOver({
    brokers,
    clientId: 'lab',
    transactionalId: `${topic}-${crypto.randomUUID()}`,
    transactionTimeoutMs: end === 'abandoned' ? ABANDONED_TIMEOUT_MS : 2 * VISIBLE_WITHIN_MS,
  });
  const record = { key: Buffer.from('transaction'), value: Buffer.from(end) };
  let onSent: () => void = () => undefined;
  const sent = new Promise<void>((resolve) => (onSent = resolve));
  const ended = producer.inTransaction(async (open) => {
    await open.send(
      topic,
      Array.from({ length: RECORDS_OF_TRANSACTION }, () => record),
    );
    onSent();
    // Never: the producer disconnects in the middle, as if it had died.
    if (end === 'abandoned') await new Promise(() => undefined);
    await sleep(openMs);
    if (end === 'abort') throw new AbortedOnPurpose();
  });
  const over = end === 'abandoned' ? Promise.race([sent, ended]) : ended;
  await over.catch((error: unknown) => {
    if (!(error instanceof AbortedOnPurpose)) throw error;
  });
  await producer.disconnect();
  // Meanwhile the other producer sends records behind it.
  if (end === 'abandoned') await sleep(openMs);
}

class AbortedOnPurpose extends Error {}

async function untilSeen(reader: Reader, count: number): Promise<void> {
  await pollUntil(async () => reader.plain.size >= count, {
    everyMs: 20,
    timeoutMs: VISIBLE_WITHIN_MS,
    timeoutMessage: () => `a reader has seen ${reader.plain.size} of ${count} records`,
  });
}

function longestHold({ read_committed, read_uncommitted }: Readers, fromMs: number): number {
  let longest = 0;
  for (const [n, seenMs] of read_uncommitted.plain) {
    // The newest records are on their way to the slower reader, transaction or not.
    const committedMs = read_committed.plain.get(n);
    if (seenMs < fromMs || committedMs === undefined) continue;
    longest = Math.max(longest, committedMs - seenMs);
  }
  return longest;
}
