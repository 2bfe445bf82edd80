import type { Logger } from '@effectively-once/platform';
import { PeriodicTask } from '@effectively-once/timing';
import type { StandingAuditTask } from '../../audit/standing-audit-task.js';
import type { LiveFeed } from './live-feed.js';
import type { OverviewCollector } from './overview/overview-collector.js';
import type { PaymentsWatch } from './payments-watch.js';

const EVERY_MS = 1_000;
/** While a person watches, the verdict is at most so old. Otherwise the audit runs every minute. */
const AUDIT_EVERY_MS = 30_000;

export interface LiveCollectorsOptions {
  feed: LiveFeed;
  overview: Pick<OverviewCollector, 'collect' | 'forget'>;
  payments: Pick<PaymentsWatch, 'changed' | 'forget'>;
  audit: Pick<StandingAuditTask, 'runIfOlderThan'>;
  logger: Pick<Logger, 'info' | 'error'>;
}

/** What runs only while a stream is open. With no page open the console collects nothing. */
export class LiveCollectors {
  private tasks: PeriodicTask[] = [];
  private ending: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: LiveCollectorsOptions) {}

  start(): void {
    const { feed, overview, payments, audit } = this.options;
    this.tasks = [
      this.task('overview of the control room', async (signal) => {
        audit.runIfOlderThan(AUDIT_EVERY_MS);
        const collected = await overview.collect();
        if (signal.aborted) return;
        feed.showOverview(collected);
        feed.showVerdict();
        if (collected.faults) feed.showFaults(collected.faults);
      }),
      this.task('payments of the control room', async (signal) => {
        const changed = await payments.changed();
        if (!signal.aborted) feed.showPayments(changed);
      }),
    ];
    for (const task of this.tasks) task.start();
  }

  /** Nothing is shown any more when this returns. */
  stop(): void {
    this.ending = Promise.all([this.ending, ...this.tasks.map((task) => task.stop())]);
    this.tasks = [];
    this.options.feed.forget();
    this.options.payments.forget();
    this.options.overview.forget();
  }

  /** Resolves when the last reads have ended. */
  async ended(): Promise<void> {
    await this.ending;
  }

  private task(name: string, run: (signal: AbortSignal) => Promise<void>): PeriodicTask {
    return new PeriodicTask({ name, everyMs: EVERY_MS, run, logger: this.options.logger });
  }
}
