import type { Consumer, EachBatchPayload, TopicPartitionOffsetAndMetadata } from 'kafkajs';
import { MicroBatch } from '@effectively-once/timing';
import type { KafkaRecord, TopicPartition } from './record.js';
import { CommitPositions } from './commit-positions.js';
import { FETCH_BYTES_MAX, kafkaClient, RETRY } from './client.js';
import { fetchedRecords, type Isolation } from './fetch/fetched-batch.js';

type Commit = TopicPartitionOffsetAndMetadata;

const PARTITIONS_PER_COMMIT_MAX = 1_000;
// After a resume, kafkajs first ends the fetch that is in flight: this bounds the resume latency.
const FETCH_WAIT_MAX_MS = 250;

export interface GroupOptions {
  brokers: string[];
  groupId: string;
  /** This process' name in the group's member list. */
  memberName: string;
  topics: string[];
  sessionTimeoutMs: number;
  /** With `read_committed` an open transaction holds up every record behind it. */
  isolation?: Isolation;
  /** A rebalance: every record fetched before it is void, and Kafka delivers it again. */
  onAssigned: (partitions: TopicPartition[]) => void;
  /** Records of one partition, in order. Must return at once, because it blocks all fetching. */
  onRecords: (fetched: FetchedRecords) => void;
  /** The consumer stopped for good: kafkajs does not restart it. */
  onCrash: (error: Error) => void;
}

export interface FetchedRecords extends TopicPartition {
  records: KafkaRecord[];
  /** The offset that the partition's next record will get. */
  endOffset: bigint;
}

/** A member of a consumer group. It hands records over; the caller commits offsets. */
export class GroupConsumer {
  private readonly consumer: Consumer;
  private fetchedAtMs: number | undefined;
  private readonly commits = new MicroBatch<Commit, void>({
    sizeMax: PARTITIONS_PER_COMMIT_MAX,
    // The coordinator writes one record batch for each request, whatever number of partitions.
    inFlightMax: 1,
    run: (commits) => this.commitAll(commits),
  });
  private readonly positions = new CommitPositions((at, offset, metadata) =>
    this.commits.add({ ...at, offset: offset.toString(), metadata }),
  );

  constructor(private readonly options: GroupOptions) {
    this.consumer = kafkaClient({
      brokers: options.brokers,
      clientId: options.memberName,
    }).consumer({
      groupId: options.groupId,
      sessionTimeout: options.sessionTimeoutMs,
      rebalanceTimeout: options.sessionTimeoutMs * 2,
      heartbeatInterval: Math.floor(options.sessionTimeoutMs / 10),
      maxWaitTimeInMs: FETCH_WAIT_MAX_MS,
      ...FETCH_BYTES_MAX,
      readUncommitted: options.isolation !== 'read_committed',
      allowAutoTopicCreation: false,
      retry: { ...RETRY, restartOnFailure: async () => true },
    });
  }

  async start(): Promise<void> {
    const { GROUP_JOIN, CRASH, FETCH, END_BATCH_PROCESS } = this.consumer.events;
    this.consumer.on(GROUP_JOIN, ({ payload }) => {
      // kafkajs keeps a pause across a rebalance, but the code that would resume it is gone.
      this.consumer.resume(this.consumer.paused());
      this.positions.forget();
      this.options.onAssigned(
        Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
          partitions.map((partition) => ({ topic, partition })),
        ),
      );
    });
    // kafkajs does not hand over a fetch without records: the end of a transaction, for example.
    this.consumer.on(END_BATCH_PROCESS, ({ payload }) => {
      const { topic, partition, batchSize, lastOffset } = payload;
      if (batchSize === 0) this.positions.skipped({ topic, partition }, BigInt(lastOffset) + 1n);
    });
    this.consumer.on(FETCH, () => (this.fetchedAtMs = Date.now()));
    this.consumer.on(CRASH, ({ payload }) => {
      if (!payload.restart) this.options.onCrash(payload.error);
    });
    await this.consumer.connect();
    // The default (latest) silently skips every record written before the group's first commit.
    await this.consumer.subscribe({ topics: this.options.topics, fromBeginning: true });
    await this.consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 1,
      eachBatch: (payload) => this.handOver(payload),
    });
  }

  /** Milliseconds since the broker answered a fetch; undefined before the first answer. */
  msSinceFetch(): number | undefined {
    return this.fetchedAtMs === undefined ? undefined : Date.now() - this.fetchedAtMs;
  }

  pause({ topic, partition }: TopicPartition): void {
    this.consumer.pause([{ topic, partitions: [partition] }]);
  }

  resume({ topic, partition }: TopicPartition): void {
    this.consumer.resume([{ topic, partitions: [partition] }]);
  }

  /** Fetches again from this offset. kafkajs drops the records it fetched before. */
  refetch({ topic, partition }: TopicPartition, from: bigint): void {
    this.consumer.seek({ topic, partition, offset: from.toString() });
  }

  /** @param nextOffset the lowest offset that is not complete: Kafka commits last + 1. */
  async commit(at: TopicPartition, nextOffset: bigint, metadata: string): Promise<void> {
    await this.positions.commit(at, nextOffset, metadata);
  }

  async stop(): Promise<void> {
    await this.consumer.disconnect();
  }

  // A refusal is for all: they have the same member, generation and coordinator.
  private async commitAll(commits: Commit[]): Promise<PromiseSettledResult<void>[]> {
    await this.consumer.commitOffsets(commits);
    return commits.map(() => ({ status: 'fulfilled', value: undefined }));
  }

  // Resolving an offset here only moves the fetch position. The caller commits.
  private async handOver({ batch, resolveOffset, isRunning, isStale }: EachBatchPayload) {
    if (!isRunning() || isStale()) return;
    const { topic, partition } = batch;
    const { records, nextOffset } = fetchedRecords(batch, this.options.isolation);
    const recordsEnd = (records.at(-1)?.offset ?? nextOffset - 1n) + 1n;
    this.positions.fetched({ topic, partition }, { recordsEnd, nextOffset });
    const highWatermark = BigInt(batch.highWatermark);
    // Offsets at the end that hold no record are no lag.
    const endOffset = nextOffset >= highWatermark ? recordsEnd : highWatermark;
    this.options.onRecords({ topic, partition, records, endOffset });
    resolveOffset((nextOffset - 1n).toString());
  }
}
