import type { Logger } from '@effectively-once/platform';
import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Background } from './background.js';
import { Completer } from './completer.js';
import { LOGGER } from './config.js';
import { forgetExpiredKeys } from './expired-keys.js';
import { keepOutboxDays } from './outbox-days.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** What this service does without being asked. Every instance may run all of it. */
@Injectable()
export class BackgroundTasks implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly tasks: Background[];

  constructor(dataSource: DataSource, completer: Completer, @Inject(LOGGER) logger: Logger) {
    const task = (name: string, everyMs: number, run: () => Promise<unknown>) =>
      new Background({ name, everyMs, run, logger });
    this.tasks = [
      task('complete open payments', SECOND_MS, () => completer.run()),
      task('keep outbox days', 10 * MINUTE_MS, () => keepOutboxDays(dataSource)),
      task('forget expired keys', MINUTE_MS, () => forgetExpiredKeys(dataSource)),
    ];
  }

  onApplicationBootstrap(): void {
    for (const task of this.tasks) task.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.tasks.map((task) => task.stop()));
  }
}
