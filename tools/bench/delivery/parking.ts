import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { deadLetterTopic } from '@effectively-once/contracts';
import { endOffsets, type RecordProducer } from '@effectively-once/kafka';
import { ConsumerProcess } from './consumer-process.js';
import { auditEffects, isClean, USERS, type BenchRecord, type Effect } from './effects.js';
import { median } from '../statistics/spread.js';
import type { Part } from './part.js';
import { asJson, connectedProducer, createTopic } from './produce.js';

const TOPIC = 'bench.parking';
const CONSUMER = 'email';
/** The rated load of one of six partitions. Its users share it with the user whose record fails. */
const RECORDS_PER_S = 200;
const TICK_MS = 25;
const WITHOUT_MS = 10_000;
const ATTEMPTS = 5;
/** 40 s of backoff, plus jitter and a busy machine. */
const GIVEN_UP_WITHIN_MS = 120_000;
const P50_RATIO_BAR = 1.1;

/**
 * Measures head-of-line blocking: a record of one user fails five times with the real backoff. The
 * limit says that the other users of the partition do not wait for it.
 */
export async function measureParking(
  part: Part,
  { rounds }: { rounds: number },
): Promise<'clean' | 'not clean'> {
  part.print(
    `${RECORDS_PER_S} records/s in one partition, ${rounds} times without and with a user`,
  );
  part.print('  whose record fails five times with the real backoff (40 s)');
  const { brokers, logFolder, signal } = part;
  await createTopic({ brokers, topic: TOPIC }, 1);
  const load = await Load.start(brokers);
  const settings = { transport: 'lanes', brokers, topic: TOPIC, consumer: CONSUMER } as const;
  const logFile = join(logFolder, `${TOPIC}.log`);
  const consumer = new ConsumerProcess(settings, { logFile, signal });
  const ratios: number[] = [];
  try {
    await consumer.until(() => consumer.effects.length > RECORDS_PER_S * 5, GIVEN_UP_WITHIN_MS);
    for (let round = 1; round <= rounds; round += 1) {
      const without = await p50During(consumer, () => sleep(WITHOUT_MS, undefined, { signal }));
      const beside = await p50During(consumer, async () => {
        const n = load.sendOneThatFails(`failing-${round}`);
        const isGivenUp = () => consumer.failed.get(n) === ATTEMPTS;
        await consumer.until(isGivenUp, GIVEN_UP_WITHIN_MS);
      });
      ratios.push(beside / without);
      const [a, b] = [without, beside].map((ms) => `${ms.toFixed(1)} ms`);
      part.print(`  ${round}/${rounds}: p50 ${a} without, ${b} with`);
    }
    await load.stop();
    await consumer.until(() => consumer.effects.length >= load.sent.size, GIVEN_UP_WITHIN_MS);
  } finally {
    await load.stop();
    await consumer.stop();
  }
  part.bar('median of the p50 ratios', median(ratios), { atMost: P50_RATIO_BAR });
  return await audited(part, { load, consumer, rounds });
}

async function audited(
  part: Part,
  run: { load: Load; consumer: ConsumerProcess; rounds: number },
): Promise<'clean' | 'not clean'> {
  const { load, consumer, rounds } = run;
  const audit = auditEffects(consumer.effects, load.sent);
  const dead = await deadLetters(part.brokers);
  const attempts = [...consumer.failed.values()];
  const { lost, doubled, reordered } = audit;
  part.print(
    `  ${load.sent.size} records: lost ${lost}, doubled ${doubled}, out of order ${reordered}; ` +
      `${dead} dead letters of ${rounds} users who failed, attempts ${attempts.join(', ')}`,
  );
  const areDead = dead === rounds && attempts.every((count) => count === ATTEMPTS);
  return isClean(audit) && areDead ? 'clean' : 'not clean';
}

/** The median time from production to effect, of the records produced during `goesOn`. */
async function p50During(
  consumer: ConsumerProcess,
  goesOn: () => Promise<unknown>,
): Promise<number> {
  const fromMs = Date.now();
  await goesOn();
  const toMs = Date.now();
  const isOf = ({ producedAtMs }: Effect) => producedAtMs >= fromMs && producedAtMs < toMs;
  return median(consumer.effects.filter(isOf).map((one) => one.doneAtMs - one.producedAtMs));
}

async function deadLetters(brokers: string[]): Promise<number> {
  const topic = deadLetterTopic(CONSUMER);
  const ends = await endOffsets({ brokers, clientId: 'bench', topics: [topic] });
  return Number([...(ends.get(topic)?.values() ?? [])].reduce((sum, end) => sum + end, 0n));
}

/** An open loop: a steady stream of records that does not wait for their effects. */
class Load {
  /** The records whose effects must succeed. */
  readonly sent = new Set<number>();
  private next = 0;
  private failure: unknown;
  private readonly startedAtMs = performance.now();
  private readonly timer: NodeJS.Timeout;
  private sending: Promise<void> = Promise.resolve();

  private constructor(private readonly producer: RecordProducer) {
    this.timer = setInterval(() => this.sendWhatIsDue(), TICK_MS);
  }

  static async start(brokers: string[]): Promise<Load> {
    return new Load(await connectedProducer(brokers));
  }

  sendOneThatFails(user: string): number {
    const n = this.next++;
    this.send([asMessage({ user, n, at: now(), fails: true })]);
    return n;
  }

  /** @throws the first error of a send. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.sending;
    await this.producer.disconnect();
    if (this.failure) throw this.failure as Error;
  }

  private sendWhatIsDue(): void {
    const due = Math.floor(((performance.now() - this.startedAtMs) * RECORDS_PER_S) / 1_000);
    const messages = [];
    while (this.next < due) {
      const n = this.next++;
      this.sent.add(n);
      messages.push(asMessage({ user: `user-${n % USERS}`, n, at: now() }));
    }
    if (messages.length > 0) this.send(messages);
  }

  private send(messages: ReturnType<typeof asJson>[]): void {
    this.sending = this.sending
      .then(() => this.producer.sendAll(TOPIC, messages))
      .catch((error: unknown) => void (this.failure ??= error));
  }
}

// Finer than Date.now(), because a millisecond is several per cent of the measured time.
const now = () => performance.timeOrigin + performance.now();

const asMessage = (record: BenchRecord) => asJson({ key: record.user, value: record });
