import { GroupConsumer, type FetchedRecords, type KafkaRecord } from '@effectively-once/kafka';

/** The shortest session that the broker accepts: a dead member is replaced after this time. */
export const SESSION_TIMEOUT_MS = 6_000;

export interface OneByOneOptions {
  brokers: string[];
  groupId: string;
  memberName: string;
  topics: string[];
  /** `all`: one record at a time. `partition`: one record of each partition at a time. */
  inTurn: 'all' | 'partition';
  /** `commit` commits the offset after this record; it throws if the group refuses. */
  handle: (record: KafkaRecord, commit: () => Promise<void>) => Promise<void>;
}

/**
 * A consumer as most are written: one record after the other, and the handler says when to commit.
 * A handler that throws ends the process.
 */
export class OneByOne {
  private readonly group: GroupConsumer;
  private chains = new Map<string, Promise<void>>();
  private generation = 0;

  constructor(private readonly options: OneByOneOptions) {
    const { brokers, groupId, memberName, topics } = options;
    this.group = new GroupConsumer({
      brokers,
      groupId,
      memberName,
      topics,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      // Records that wait are void: Kafka delivers them again. The running one is not interrupted.
      onAssigned: () => (this.generation += 1),
      onRecords: (fetched) => this.take(fetched),
      onCrash: throwUncaught,
    });
  }

  async start(): Promise<void> {
    await this.group.start();
  }

  /** Finishes the records that run, drops those that wait, and leaves the group. */
  async leave(): Promise<void> {
    this.generation += 1;
    await Promise.all(this.chains.values());
    await this.group.stop();
  }

  private take({ topic, partition, records }: FetchedRecords): void {
    const { inTurn, handle } = this.options;
    const { generation } = this;
    const name = inTurn === 'all' ? '' : `${topic}/${partition}`;
    for (const record of records) {
      const commit = () => this.group.commit({ topic, partition }, record.offset + 1n, '');
      const turn = (this.chains.get(name) ?? Promise.resolve()).then(async () => {
        if (generation === this.generation) await handle(record, commit);
      });
      turn.catch(throwUncaught);
      this.chains.set(name, turn);
    }
  }
}

/** Ends the process at SIGTERM, or when its parent is gone: then no SIGTERM will come. */
export function endWithParent(leave: () => Promise<void>): void {
  process.once('SIGTERM', () => void leave().then(() => process.exit(0)));
  process.once('disconnect', () => process.exit(1));
}

/** Uncaught, so that the process ends. */
function throwUncaught(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}
