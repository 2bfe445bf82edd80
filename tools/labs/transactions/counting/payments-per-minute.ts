import {
  committedOffsets,
  GroupConsumer,
  TransactionalProducer,
  type KafkaRecord,
  type TopicPartition,
} from '@effectively-once/kafka';
import { PeriodicTask } from '@effectively-once/timing';
import type { CountingOptions, Producing } from './counting-options.js';
import { asRecord, readCounts, userMinuteOf, type MinuteCounts } from './counts.js';

interface OwnedPartition {
  at: TopicPartition;
  producer: Producing;
  counts: MinuteCounts;
  /** Fetched, and not counted yet. */
  pending: KafkaRecord[];
}

const RECORDS_PER_TRANSACTION_MAX = 1_000;
const PENDING_MAX = 10_000;
const TRANSACTION_TIMEOUT_MS = 10_000;

/**
 * Counts the payments of each user in each minute of event time. Input, state and output are all in
 * Kafka, so each record counts exactly once:
 *
 *     payment.completed ──► count ──► payments per minute    key user|minute, value the count
 *             │                               │
 *             └── offset ── one transaction ──┘
 *
 * - The output is the state. A new owner of a partition reads the counts back from the same
 *   partition of the output: they are the counts at the committed offset, because both were written
 *   in one transaction.
 * - A transactional id belongs to an input partition. Its new owner takes it over first, which ends
 *   the transaction of the previous owner. Only then it reads the offset and the counts.
 * - Once for each record, not for each payment: a payment that was published twice counts twice.
 */
export class PaymentsPerMinute {
  private readonly group: GroupConsumer;
  private readonly counting: PeriodicTask;
  private owned = new Map<number, OwnedPartition>();
  private assignment: Promise<unknown> = Promise.resolve();
  private round: Promise<unknown> = Promise.resolve();
  private generation = 0;

  constructor(private readonly options: CountingOptions) {
    const { brokers, groupId, input, sessionTimeoutMs, commitEveryMs, onFailure } = options;
    this.group = new GroupConsumer({
      brokers,
      groupId,
      memberName: `${groupId}-${process.pid}`,
      topics: [input],
      sessionTimeoutMs,
      isolation: 'read_committed',
      onAssigned: (partitions) => this.assign(partitions),
      onRecords: ({ partition, records }) => this.collect(partition, records),
      onCrash: onFailure,
    });
    this.counting = new PeriodicTask({
      name: 'count',
      everyMs: commitEveryMs,
      run: () => (this.round = this.countAll()),
      logger: { info: () => undefined, error: (fields) => console.error(fields) },
    });
  }

  async start(): Promise<void> {
    await this.group.start();
    this.counting.start();
  }

  async stop(): Promise<void> {
    await this.counting.stop();
    await this.group.stop();
    await disconnect([...this.owned.values()]);
  }

  private assign(assigned: readonly TopicPartition[]): void {
    this.generation += 1;
    const { generation } = this;
    const previous = [...this.owned.values()];
    // What is fetched before the take-over is dropped, and fetched again after it.
    this.owned = new Map();
    this.assignment = Promise.all([this.assignment, this.round])
      .then(() => disconnect(previous))
      .then(() => this.takeOver(assigned, generation))
      .catch(this.options.onFailure);
  }

  /** In this order: end the transactions of the previous owner, then read what they committed. */
  private async takeOver(assigned: readonly TopicPartition[], generation: number): Promise<void> {
    // A later assignment waits for this one, and takes over what is left to this process.
    if (generation !== this.generation) return;
    const { brokers, groupId, input, output, onReady } = this.options;
    const taken = await Promise.all(
      assigned.map(async (at) => ({ at, producer: await this.producerOf(at) })),
    );
    const connection = { brokers, clientId: groupId };
    const partitions = assigned.map(({ partition }) => partition);
    const counts = await readCounts({ ...connection, topic: output, partitions });
    const offsets = await committedOffsets({ ...connection, groupId, topics: [input] });
    if (generation !== this.generation) return await disconnect(taken);
    for (const { at, producer } of taken) {
      const { partition } = at;
      const ofPartition = counts.get(partition) ?? new Map<string, number>();
      this.owned.set(partition, { at, producer, counts: ofPartition, pending: [] });
      const committed = offsets.get(input)?.get(partition) ?? -1n;
      this.group.refetch(at, committed < 0n ? 0n : committed);
    }
    if (assigned.length > 0) onReady?.();
  }

  private async producerOf({ partition }: TopicPartition): Promise<Producing> {
    const { brokers, groupId, takeOver = TransactionalProducer.takeOver } = this.options;
    const transactionalId = `${groupId}-${partition}`;
    const transactionTimeoutMs = TRANSACTION_TIMEOUT_MS;
    const options = { brokers, clientId: groupId, transactionalId, transactionTimeoutMs };
    return await takeOver(options, this.group);
  }

  private collect(partition: number, records: readonly KafkaRecord[]): void {
    const owned = this.owned.get(partition);
    if (!owned) return;
    for (const record of records) owned.pending.push(record);
    if (owned.pending.length > PENDING_MAX) this.group.pause(owned.at);
  }

  private async countAll(): Promise<void> {
    const all = [...this.owned.values()];
    await Promise.all(
      all.map((one) => this.count(one).catch((error: Error) => this.fail(one, error))),
    );
  }

  private async count({ at, producer, counts, pending }: OwnedPartition): Promise<void> {
    const { groupId, output, onStep } = this.options;
    const isPaused = pending.length > PENDING_MAX;
    const records = pending.splice(0, RECORDS_PER_TRANSACTION_MAX);
    const last = records.at(-1);
    if (!last) return;
    const changed: MinuteCounts = new Map();
    for (const record of records) {
      const key = userMinuteOf(record);
      if (key) changed.set(key, (changed.get(key) ?? counts.get(key) ?? 0) + 1);
    }
    await producer.inTransaction(async (open) => {
      await open.send(output, [...changed].map(asRecord(at.partition)));
      await onStep?.('sent', records);
      await open.sendOffset(groupId, at, last.offset + 1n);
      await onStep?.('offset sent', records);
    });
    for (const [key, count] of changed) counts.set(key, count);
    await onStep?.('committed', records);
    if (isPaused && pending.length <= PENDING_MAX) this.group.resume(at);
  }

  private fail(failed: OwnedPartition, error: Error): void {
    // Fenced after a rebalance: the partition belongs to another process, as it should.
    if (this.owned.get(failed.at.partition) !== failed) return;
    // A later transaction would commit an offset behind the records of the failed one.
    this.owned = new Map();
    this.options.onFailure(error);
  }
}

async function disconnect(all: readonly { producer: Producing }[]): Promise<void> {
  await Promise.all(all.map(({ producer }) => producer.disconnect()));
}
