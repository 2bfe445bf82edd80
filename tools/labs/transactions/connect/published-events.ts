import { CE_HEADERS } from '@effectively-once/contracts';
import { GroupConsumer, headerTexts, type Isolation } from '@effectively-once/kafka';
import { pollUntil } from '@effectively-once/timing';
import { SESSION_TIMEOUT_MS } from '../../process/one-by-one.js';

const PUBLISHED_WITHIN_MS = 90_000;

/** Counts how often a reader sees each event, and when it saw the last one. */
export class PublishedEvents {
  private readonly group: GroupConsumer;
  private readonly times = new Map<string, number>();
  lastSeenAtMs = NaN;

  constructor(options: { brokers: string[]; topic: string; isolation: Isolation }) {
    const { topic, isolation } = options;
    this.group = new GroupConsumer({
      ...options,
      groupId: `${topic}-${isolation}`,
      memberName: isolation,
      topics: [topic],
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      onAssigned: () => undefined,
      onRecords: ({ records }) => {
        this.lastSeenAtMs = performance.now();
        for (const record of records) {
          const id = headerTexts(record)[CE_HEADERS.id] ?? '';
          this.times.set(id, (this.times.get(id) ?? 0) + 1);
        }
      },
      onCrash: (error) => {
        throw error;
      },
    });
  }

  /** Records of events that it had seen before. */
  get again(): number {
    return [...this.times.values()].reduce((sum, times) => sum + times - 1, 0);
  }

  get distinct(): number {
    return this.times.size;
  }

  start = () => this.group.start();
  stop = () => this.group.stop();

  async untilSeen(count: number): Promise<void> {
    await pollUntil(async () => this.distinct >= count, {
      everyMs: 50,
      timeoutMs: PUBLISHED_WITHIN_MS,
      timeoutMessage: () => `${this.distinct} of ${count} events were published`,
    });
  }
}
