import type { Consumer, EachBatchPayload } from 'kafkajs';
import type { KafkaRecord, TopicPartition } from './record.js';
import { kafkaClient, RETRY, toRecord } from './client.js';

// A paused partition that is resumed waits for the fetch under way, so this bounds resume latency.
const FETCH_WAIT_MAX_MS = 250;
const FETCH_BYTES_MAX_PER_PARTITION = 1_048_576;

export interface GroupOptions {
  brokers: string[];
  groupId: string;
  /** This process, as the group's member list shows it. */
  memberName: string;
  topics: string[];
  sessionTimeoutMs: number;
  /** Partitions were dealt anew: everything held from before is void and will be fetched again. */
  onAssigned: (partitions: TopicPartition[]) => void;
  /** Records of one partition, in order. Must return at once: while it runs nothing else is fetched. */
  onRecords: (fetched: FetchedRecords) => void;
  /** The consumer is dead and will not come back by itself. */
  onCrash: (error: Error) => void;
}

export interface FetchedRecords extends TopicPartition {
  records: KafkaRecord[];
  /** The offset the partition's next record will get. */
  endOffset: bigint;
}

/** Membership in a consumer group that hands records over and leaves committing to the caller. */
export class GroupConsumer {
  private readonly consumer: Consumer;
  private fetchedAtMs: number | undefined;

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
      maxBytesPerPartition: FETCH_BYTES_MAX_PER_PARTITION,
      allowAutoTopicCreation: false,
      retry: { ...RETRY, restartOnFailure: async () => true },
    });
  }

  async start(): Promise<void> {
    const { GROUP_JOIN, CRASH, FETCH } = this.consumer.events;
    this.consumer.on(GROUP_JOIN, ({ payload }) => {
      // kafkajs keeps a pause across a rebalance. Who would have ended it is void, so it would not end.
      this.consumer.resume(this.consumer.paused());
      this.options.onAssigned(
        Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
          partitions.map((partition) => ({ topic, partition })),
        ),
      );
    });
    this.consumer.on(FETCH, () => (this.fetchedAtMs = Date.now()));
    this.consumer.on(CRASH, ({ payload }) => {
      if (!payload.restart) this.options.onCrash(payload.error);
    });
    await this.consumer.connect();
    // From the beginning: the other default silently skips what was written before the first commit.
    await this.consumer.subscribe({ topics: this.options.topics, fromBeginning: true });
    await this.consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 1,
      eachBatch: (payload) => this.handOver(payload),
    });
  }

  /** How long ago a fetch was answered, in ms; undefined before the first. */
  msSinceFetch(): number | undefined {
    return this.fetchedAtMs === undefined ? undefined : Date.now() - this.fetchedAtMs;
  }

  pause({ topic, partition }: TopicPartition): void {
    this.consumer.pause([{ topic, partitions: [partition] }]);
  }

  resume({ topic, partition }: TopicPartition): void {
    this.consumer.resume([{ topic, partitions: [partition] }]);
  }

  /** Fetches from here again; what is fetched already is dropped. */
  refetch({ topic, partition }: TopicPartition, from: bigint): void {
    this.consumer.seek({ topic, partition, offset: from.toString() });
  }

  /** @param nextOffset the first offset that is not settled, as Kafka counts commits. */
  async commit(
    { topic, partition }: TopicPartition,
    nextOffset: bigint,
    metadata: string,
  ): Promise<void> {
    const offset = nextOffset.toString();
    await this.consumer.commitOffsets([{ topic, partition, offset, metadata }]);
  }

  async stop(): Promise<void> {
    await this.consumer.disconnect();
  }

  // Resolving here only moves the fetch position; what is committed is the caller's business.
  private async handOver({ batch, resolveOffset, isRunning, isStale }: EachBatchPayload) {
    if (!isRunning() || isStale()) return;
    this.options.onRecords({
      topic: batch.topic,
      partition: batch.partition,
      records: batch.messages.map((message) => toRecord(batch.topic, batch.partition, message)),
      endOffset: BigInt(batch.highWatermark),
    });
    const last = batch.messages.at(-1);
    if (last) resolveOffset(last.offset);
  }
}
