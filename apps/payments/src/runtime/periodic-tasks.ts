import type { Logger } from '@effectively-once/platform';
import { PeriodicTask } from '@effectively-once/timing';
import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Completer } from '../recovery/completer.js';
import { LOGGER } from '../config.js';
import { forgetExpiredKeys } from '../checkout/expired-keys.js';
import { OutboxPartitions } from '../outbox/partitions.js';
import { forgetOldOutages, PspOutages } from '../psp/outages.js';
import { Disputes } from '../recovery/disputes.js';
import { forgetOldPspEvents } from '../recovery/psp-events.js';
import { Refunds } from '../recovery/refunds.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** The background work of payments. Every instance may run all of it. */
@Injectable()
export class PeriodicTasks implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly tasks: PeriodicTask[];

  constructor(
    dataSource: DataSource,
    completer: Completer,
    refunds: Refunds,
    disputes: Disputes,
    outages: PspOutages,
    @Inject(LOGGER) logger: Logger,
  ) {
    const task = (name: string, everyMs: number, run: (signal: AbortSignal) => Promise<unknown>) =>
      new PeriodicTask({ name, everyMs, run, logger });
    const outboxPartitions = new OutboxPartitions(dataSource, logger);
    this.tasks = [
      task('complete open payments', SECOND_MS, () => completer.run()),
      task('refund captures without a payment', SECOND_MS, () => refunds.run()),
      task('look up disputes', SECOND_MS, () => disputes.run()),
      task('record outages of the PSP', SECOND_MS, () => outages.record()),
      task('keep outbox days', 10 * MINUTE_MS, () => outboxPartitions.keep()),
      task('forget expired keys', MINUTE_MS, (signal) => forgetExpiredKeys(dataSource, signal)),
      task('forget old outages', 60 * MINUTE_MS, () => forgetOldOutages(dataSource)),
      task('forget old PSP events', 60 * MINUTE_MS, () => forgetOldPspEvents(dataSource)),
    ];
  }

  onApplicationBootstrap(): void {
    for (const task of this.tasks) task.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.tasks.map((task) => task.stop()));
  }
}
