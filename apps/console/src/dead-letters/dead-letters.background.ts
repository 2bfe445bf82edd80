import { RecordProducer } from '@effectively-once/kafka';
import type { Logger } from '@effectively-once/platform';
import { PeriodicTask } from '@effectively-once/timing';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { DeadLetters } from './dead-letters.js';
import { takeIn } from './intake.js';
import { intakeLag, watchDeadLetters } from './metrics.js';
import { OpenRedrives } from './open-redrives.js';
import { finishRedrives, waitOrStop, type RedrivePoint } from './redrive.js';
import { TakenIn } from './ingested.js';

const EVERY_MS = 1_000;

/** What the console does with dead letters without being asked: takes them in, and finishes redrives. */
export class DeadLettersBackground implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly intake: PeriodicTask;
  private readonly redrives: PeriodicTask;
  private readonly producer: RecordProducer;
  private isConnected = false;

  constructor(
    private readonly database: DataSource,
    private readonly options: {
      brokers: string[];
      clientId: string;
      reach: (point: RedrivePoint) => void;
      logger: Logger;
    },
  ) {
    const { logger } = options;
    this.producer = new RecordProducer(options);
    const task = (name: string, run: (signal: AbortSignal) => Promise<void>) =>
      new PeriodicTask({ name, everyMs: EVERY_MS, run, logger });
    this.intake = task('take in dead letters', this.takeInPass());
    this.redrives = task('finish redrives', (signal) => this.redrivePass(signal));
  }

  onApplicationBootstrap(): void {
    watchDeadLetters(new DeadLetters(this.database), Date.now);
    this.intake.start();
    this.redrives.start();
  }

  /** There is a redrive to do, now rather than within a second. */
  wake(): void {
    this.redrives.wake();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.intake.stop(), this.redrives.stop()]);
    if (this.isConnected) await this.producer.disconnect();
  }

  private takeInPass(): () => Promise<void> {
    const lag = intakeLag();
    const takenIn = new TakenIn(this.database);
    return async () => {
      try {
        await takeIn({
          ...{ connection: this.options, takenIn, onLag: lag.set },
          onMissed: (consumer, records) =>
            this.options.logger.error({ consumer, records }, 'dead letters aged out unseen'),
        });
      } catch (error) {
        lag.forget();
        throw error;
      }
    };
  }

  private async redrivePass(signal: AbortSignal): Promise<void> {
    const open = new OpenRedrives(this.database);
    if ((await open.all()).length === 0) return;
    // Connected only when needed: a console without a broker still shows what it knows.
    if (!this.isConnected) await this.producer.connect();
    this.isConnected = true;
    const { reach, logger } = this.options;
    await finishRedrives(
      {
        ...{ connection: this.options, open, producer: this.producer, reach, wait: waitOrStop },
        onGone: ({ id, consumer }, ids) =>
          logger.warn({ action: id, consumer, count: ids.length }, 'dead letters have aged out'),
      },
      signal,
    );
  }
}
