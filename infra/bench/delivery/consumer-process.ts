import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConsumerName } from '@effectively-once/contracts';
import type { Effect } from './effects.js';

export type ConsumerSettings = { brokers: string[]; topic: string } & (
  | { transport: 'lanes'; consumer: ConsumerName }
  | { transport: 'stock'; groupId: string; partitionsConsumedConcurrently?: number }
);

/** What a consumer process tells its parent. */
export type Told = { effects: Effect[] } | { failed: number };

const STOP_WITHIN_MS = 30_000;
const program = join(fileURLToPath(new URL('.', import.meta.url)), 'consumer.js');

/** One process that consumes, and what it did, as it is measured. */
export class ConsumerProcess {
  readonly effects: Effect[] = [];
  /** Record → how many attempts failed. */
  readonly failed = new Map<number, number>();
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;
  private onTold: () => void = () => undefined;

  constructor(settings: ConsumerSettings, options: { logFile: string; signal: AbortSignal }) {
    const log = openSync(options.logFile, 'a');
    this.child = spawn(process.execPath, [program, JSON.stringify(settings)], {
      stdio: ['ignore', log, log, 'ipc'],
      signal: options.signal,
      // Elsewhere kafkajs changes its retries, and Nest its checks.
      env: { ...process.env, NODE_ENV: 'production' },
    });
    closeSync(log);
    this.child.on('message', (told) => this.take(told as Told));
    // Without a listener an abort would throw where nobody catches it; `until` says it.
    this.child.on('error', () => undefined);
    this.ended = once(this.child, 'exit').then(() => this.onTold());
  }

  /** @throws Error when the process ends first, or the time is over. */
  async until(isTrue: () => boolean, withinMs: number): Promise<void> {
    const deadlineMs = performance.now() + withinMs;
    while (!isTrue()) {
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error('the consumer ended before its time; its log says why');
      }
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) throw new Error(`the consumer was not done within ${withinMs / 1_000} s`);
      await this.untilTold(leftMs);
    }
  }

  /** Lets it leave its group, so that the next member is dealt its partitions at once. */
  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGTERM');
      const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_WITHIN_MS);
      await this.ended;
      clearTimeout(timer);
    }
  }

  private take(told: Told): void {
    if ('effects' in told) this.effects.push(...told.effects);
    else this.failed.set(told.failed, (this.failed.get(told.failed) ?? 0) + 1);
    this.onTold();
  }

  private async untilTold(withinMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.onTold = resolve;
      timer = setTimeout(resolve, withinMs);
    });
    clearTimeout(timer);
  }
}
