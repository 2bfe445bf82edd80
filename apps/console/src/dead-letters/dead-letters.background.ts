import { RecordProducer } from '@effectively-once/kafka';
import type { Logger } from '@effectively-once/platform';
import { PeriodicTask } from '@effectively-once/timing';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { DeadLetters } from './dead-letters.js';
import { ingest } from './ingest/ingest.js';
import { ingestLag, watchDeadLetters } from './metrics.js';
import { OpenRedrives } from './redrive/open-redrives.js';
import { finishRedrives, waitOrStop, type RedrivePoint } from './redrive/redrive.js';
import { IngestedDeadLetters } from './ingest/ingested-dead-letters.js';

const EVERY_MS = 1_000;

/** The periodic tasks for dead letters: one ingests them, one finishes redrives. */
export class DeadLettersBackground implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly ingesting: PeriodicTask;
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
    this.ingesting = task('ingest dead letters', this.ingestPass());
    this.redrives = task('finish redrives', (signal) => this.redrivePass(signal));
  }

  onApplicationBootstrap(): void {
    watchDeadLetters(new DeadLetters(this.database), Date.now);
    this.ingesting.start();
    this.redrives.start();
  }

  /** Starts the redrives now, and not up to a second later. */
  wake(): void {
    this.redrives.wake();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.ingesting.stop(), this.redrives.stop()]);
    if (this.isConnected) await this.producer.disconnect();
  }

  private ingestPass(): () => Promise<void> {
    const lag = ingestLag();
    const ingested = new IngestedDeadLetters(this.database);
    return async () => {
      try {
        await ingest({
          connection: this.options,
          ingested,
          onLag: lag.set,
          onMissed: (consumer, records) =>
            this.options.logger.error(
              { consumer, records },
              'dead letters left the topic before the console ingested them',
            ),
          onMadeAnew: (consumer, { partition, lost }) =>
            this.options.logger.error(
              { consumer, partition, lost },
              'the dead-letter topic was made anew: so many pending dead letters lost their record',
            ),
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
    // Connects only for a redrive, so that a console without a broker can still list dead letters.
    if (!this.isConnected) await this.producer.connect();
    this.isConnected = true;
    const { reach, logger } = this.options;
    await finishRedrives(
      {
        connection: this.options,
        open,
        producer: this.producer,
        reach,
        wait: waitOrStop,
        onGivenBack: ({ id, consumer }, letters) =>
          logger.warn(
            { action: id, consumer, count: letters.length, why: letters[0]?.why },
            'dead letters cannot be redriven',
          ),
      },
      signal,
    );
  }
}
