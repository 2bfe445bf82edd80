import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaRecord, TopicPartition } from './kafka-record.js';
import type { FetchedRecords } from './kafka/group-consumer.js';
import { PartitionQueue } from './partition-queue.js';

export interface AssignmentOptions {
  settle: (record: KafkaRecord, wait: (ms: number) => Promise<void>) => Promise<void>;
  commit: (at: TopicPartition, nextOffset: bigint) => Promise<void>;
  pause: (at: TopicPartition) => void;
  resume: (at: TopicPartition) => void;
  onLag: (at: TopicPartition, records: number) => void;
  onError: (error: unknown, what: 'settle' | 'commit') => void;
  /** The previous assignment's end: no two effects of one partition may run at once. */
  after: Promise<void>;
}

/**
 * What this member holds of the partitions it was dealt, from one rebalance to the next. A rebalance
 * makes all of it void: kafkajs fetches again from the committed offsets, and a partition may be
 * another member's by then.
 */
export class Assignment {
  private readonly queues = new Map<string, PartitionQueue>();
  private readonly calledOff = new AbortController();

  constructor(private readonly options: AssignmentOptions) {}

  take(fetched: FetchedRecords): void {
    if (this.calledOff.signal.aborted) return;
    const name = `${fetched.topic}/${fetched.partition}`;
    let queue = this.queues.get(name);
    if (!queue) {
      queue = this.open(fetched);
      this.queues.set(name, queue);
    }
    queue.push(fetched.records, fetched.endOffset);
  }

  /** Gives up waits and lets running effects finish. With `commit`, writes down how far they came. */
  async close(options: { commit: boolean }): Promise<void> {
    this.calledOff.abort();
    await Promise.all([...this.queues.values()].map((queue) => queue.close(options)));
  }

  private open({ topic, partition }: TopicPartition): PartitionQueue {
    const at = { topic, partition };
    const wait = async (ms: number) => {
      await sleep(ms, undefined, { signal: this.calledOff.signal });
    };
    return new PartitionQueue({
      settle: (record) => this.options.settle(record, wait),
      commit: (nextOffset) => this.options.commit(at, nextOffset),
      wait,
      onFull: () => this.options.pause(at),
      onRoom: () => this.options.resume(at),
      onLag: (records) => this.options.onLag(at, records),
      onError: this.options.onError,
      after: this.options.after,
    });
  }
}
