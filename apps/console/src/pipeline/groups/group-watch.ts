import {
  CONSUMERS,
  PAYMENT_COMPLETED,
  redriveTopic,
  type ConsumerName,
} from '@effectively-once/contracts';
import { firstRecords, readGroupState } from '@effectively-once/kafka';
import { freshGauge, type Logger } from '@effectively-once/platform';
import { PeriodicTask, withTimeout } from '@effectively-once/timing';
import { GroupLag, type PartitionLag, type ReadFirst } from './group-lag.js';

const EVERY_MS = 10_000;
/** A broker that does not answer in this time: the metrics are absent, never old. */
const MEASURE_TIMEOUT_MS = 30_000;
const MS_PER_S = 1_000;

/** The state of one group, for the operator API. */
export interface GroupReport {
  lag: number;
  oldestSeconds: number;
  members: { name: string; partitions: number; stalled: string[] }[];
  /** What the operator can do; absent while nothing is stalled. */
  advice?: string;
}

/** The last measurement of one group. */
export interface GroupMeasurement {
  atMs: number;
  records: number;
  oldestSeconds: number;
  /** The ends of the partitions that the group reads. */
  ends: { topic: string; partition: number; end: bigint }[];
}

/** Measures the lag of every consumer group from outside, and names the stalled members. */
export class GroupWatch {
  private readonly task: PeriodicTask;
  /** The last measurement of each group. A group that could not be measured is absent. */
  private readonly measured = new Map<ConsumerName, PartitionLag[]>();
  private readonly ends = new Map<ConsumerName, Pick<GroupMeasurement, 'atMs' | 'ends'>>();
  private isMeasuring = false;
  private readonly lags: Record<ConsumerName, GroupLag>;

  constructor(private readonly options: { brokers: string[]; logger: Logger; now?: () => number }) {
    const { brokers, logger } = options;
    const readFirst: ReadFirst = (topic, ranges) =>
      firstRecords({ brokers, clientId: 'console.lag', topic, ranges });
    this.lags = {
      email: new GroupLag('email', readFirst),
      loyalty: new GroupLag('loyalty', readFirst),
      search: new GroupLag('search', readFirst),
    };
    this.exportMetrics();
    this.task = new PeriodicTask({
      name: 'consumer group watch',
      everyMs: EVERY_MS,
      run: () => this.measureAll(),
      logger,
    });
  }

  start(): void {
    this.task.start();
  }

  async stop(): Promise<void> {
    await this.task.stop();
  }

  report(): Record<string, GroupReport> {
    return Object.fromEntries(
      [...this.measured].map(([consumer, lags]) => [consumer, reportOf(consumer, lags)]),
    );
  }

  /** Measures now and not only at the next turn, unless it measures already. */
  measureNow(): void {
    if (!this.isMeasuring) this.task.wake();
  }

  /** undefined if the group could not be measured. */
  latest(consumer: ConsumerName): GroupMeasurement | undefined {
    const lags = this.measured.get(consumer);
    const ends = this.ends.get(consumer);
    if (!lags || !ends) return undefined;
    const { lag, oldestSeconds } = reportOf(consumer, lags);
    return { ...ends, records: lag, oldestSeconds };
  }

  private async measureAll(): Promise<void> {
    this.isMeasuring = true;
    try {
      await this.measureEach();
    } finally {
      this.isMeasuring = false;
    }
  }

  private async measureEach(): Promise<void> {
    const failures: unknown[] = [];
    // One after the other: a measurement may read records, and there is no hurry.
    for (const consumer of CONSUMERS) {
      try {
        this.measured.set(consumer, await withTimeout(this.measure(consumer), MEASURE_TIMEOUT_MS));
      } catch (error) {
        // An old value may lie, so there is none.
        this.measured.delete(consumer);
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'a group could not be measured');
  }

  private async measure(consumer: ConsumerName): Promise<PartitionLag[]> {
    const topics = [PAYMENT_COMPLETED, redriveTopic(consumer)];
    const { brokers, now = Date.now } = this.options;
    const state = await readGroupState({ brokers, clientId: 'console', groupId: consumer, topics });
    const atMs = now();
    const lags = await this.lags[consumer].measure(state, atMs);
    this.ends.set(consumer, { atMs, ends: state.positions });
    return lags;
  }

  /** Every scrape starts from nothing: a member that left has no series any more. */
  private exportMetrics(): void {
    const { measured } = this;
    freshGauge(
      'consumer_group_lag_records',
      'Records that the group has not committed: committed offsets against the log',
      ['consumer', 'topic', 'partition'],
      async function () {
        this.reset();
        for (const [consumer, lags] of measured) {
          for (const { topic, partition, lag } of lags) {
            this.set({ consumer, topic, partition: String(partition) }, lag);
          }
        }
      },
    );
    freshGauge(
      'consumer_group_oldest_seconds',
      'How long the oldest record that the group has not committed has waited',
      ['consumer'],
      async function () {
        this.reset();
        for (const [consumer, lags] of measured) {
          this.set({ consumer }, reportOf(consumer, lags).oldestSeconds);
        }
      },
    );
    freshGauge(
      'consumer_group_standing_partitions',
      'Partitions with unconsumed records of which the group has committed nothing for a minute',
      ['consumer', 'member'],
      async function () {
        this.reset();
        for (const [consumer, lags] of measured) {
          for (const { name, stalled } of reportOf(consumer, lags).members) {
            this.set({ consumer, member: name }, stalled.length);
          }
        }
      },
    );
  }
}

/** Pure, for the spec. */
export function reportOf(consumer: ConsumerName, partitions: PartitionLag[]): GroupReport {
  const names = [...new Set(partitions.map(({ member }) => member))].sort();
  const members = names.map((name) => {
    const own = partitions.filter(({ member }) => member === name);
    const stalled = own.filter(({ isStalled }) => isStalled);
    return {
      name,
      partitions: own.length,
      stalled: stalled.map(({ topic, partition }) => `${topic}/${partition}`),
    };
  });
  const stalled = members.filter((member) => member.stalled.length > 0);
  return {
    lag: partitions.reduce((sum, { lag }) => sum + lag, 0),
    oldestSeconds: Math.max(0, ...partitions.map(({ oldestMs }) => oldestMs)) / MS_PER_S,
    members,
    ...(stalled.length === 0
      ? {}
      : { advice: stalled.map(({ name }) => adviceFor(consumer, name)).join(' ') }),
  };
}

const adviceFor = (consumer: ConsumerName, member: string) =>
  member === 'none'
    ? `No member of ${consumer} owns these partitions: start ${consumer}.`
    : `${member} owns partitions and completes nothing of them: end that process. ` +
      'Kafka then assigns its partitions to the other members, and nothing is lost.';
