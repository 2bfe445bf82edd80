import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConsumerName } from '@effectively-once/contracts';
import type { Effect } from './effects.js';
import { Changes } from '../processes/changes.js';
import { MeasuredProcess } from '../processes/measured-process.js';

export type ConsumerSettings = { brokers: string[]; topic: string } & (
  | { transport: 'lanes'; consumer: ConsumerName; sessionTimeoutMs?: number }
  | { transport: 'stock'; groupId: string; partitionsConsumedConcurrently?: number }
);

/** A message of a consumer process to its parent. */
export type ConsumerMessage = { effects: Effect[] } | { failed: number };

const program = join(fileURLToPath(new URL('.', import.meta.url)), 'consumer.js');

/** A measured consumer process, and the effects that it reports. */
export class ConsumerProcess {
  readonly effects: Effect[] = [];
  /** Number of failed attempts per record. */
  readonly failed = new Map<number, number>();
  private readonly process: MeasuredProcess;
  private readonly changes = new Changes();

  constructor(settings: ConsumerSettings, options: { logFile: string; signal: AbortSignal }) {
    this.process = new MeasuredProcess([program, JSON.stringify(settings)], {
      ...options,
      // With another value kafkajs changes its retries, and Nest its checks.
      env: { ...process.env, NODE_ENV: 'production' },
    });
    this.process.child.on('message', (told) => this.take(told as ConsumerMessage));
    void this.process.ended.then(() => this.changes.report());
  }

  /** @throws Error if the process ends first, or the time is over. */
  async until(isTrue: () => boolean, withinMs: number): Promise<void> {
    const deadlineMs = performance.now() + withinMs;
    while (!isTrue()) {
      if (this.process.hasEnded) {
        throw new Error('the consumer ended too early; see its log');
      }
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) throw new Error(`the consumer was not done within ${withinMs / 1_000} s`);
      await this.changes.next(leftMs);
    }
  }

  /** The consumer leaves its group, so that the next member is assigned its partitions at once. */
  async stop(): Promise<void> {
    await this.process.stop();
  }

  private take(told: ConsumerMessage): void {
    if ('effects' in told) this.effects.push(...told.effects);
    else this.failed.set(told.failed, (this.failed.get(told.failed) ?? 0) + 1);
    this.changes.report();
  }
}
