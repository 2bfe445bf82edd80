import type { Logger } from '@effectively-once/platform';
import { PeriodicTask } from '@effectively-once/timing';
import { orStopped } from './or-stopped.js';
import type { StandingAudit } from './standing-audit.js';

const EVERY_MS = 60_000;

/** Runs the audit every minute. While a page is open, the page's stream asks for it more often. */
export class StandingAuditTask {
  private readonly task: PeriodicTask;
  private isRunning = false;
  private startedAtMs = -Infinity;

  constructor(
    standing: Pick<StandingAudit, 'standing'>,
    private readonly options: { logger: Pick<Logger, 'info' | 'error'>; now: () => number },
  ) {
    this.task = new PeriodicTask({
      name: 'audit',
      everyMs: EVERY_MS,
      run: (signal) => this.run(() => orStopped(standing.standing(), signal)),
      logger: options.logger,
    });
  }

  start(): void {
    this.task.start();
  }

  /** Runs the audit now, unless it runs already or began less than `ms` ago. */
  runIfOlderThan(ms: number): void {
    if (!this.isRunning && this.options.now() - this.startedAtMs >= ms) this.task.wake();
  }

  async stop(): Promise<void> {
    await this.task.stop();
  }

  private async run(audit: () => Promise<void>): Promise<void> {
    this.startedAtMs = this.options.now();
    this.isRunning = true;
    try {
      await audit();
    } finally {
      this.isRunning = false;
    }
  }
}
