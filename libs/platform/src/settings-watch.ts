import { PeriodicTask, withTimeout } from '@effectively-once/timing';
import { freshGauge } from './metrics.js';

/** Returns what no longer holds, in one sentence per setting. Throws if it cannot be read. */
export type SettingsCheck = () => Promise<string[]>;

/** The state of one check, for the operator. */
export interface CheckedSettings {
  holds: boolean | 'unreadable';
  problems: string[];
  checkedAt: Date;
}

interface WatchLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A setting may drift at any time. The promise is once a minute; this finds it sooner. */
const EVERY_MS = 15_000;
const CHECK_TIMEOUT_MS = 10_000;

/**
 * Asserts again, while everything runs, what was asserted at start: a setting of a server can drift
 * at any time, by a person, by a failover, or by a restart with another configuration.
 *
 *   every 15 s, and after a reconnect: check ──► config_drift{what} = 0 | 1
 *                                            └─► unreadable: no metric, because an old one may lie
 *
 * It only reports. What must not go on with a drifted setting asks for itself, and fails closed.
 */
export class SettingsWatch {
  private readonly task: PeriodicTask;
  private readonly states = new Map<string, CheckedSettings>();
  private readonly drift = freshGauge(
    'config_drift',
    '1 while a setting is not what was asserted at start',
    ['what'],
  );

  constructor(
    private readonly options: {
      /** By the name that the metric gets as label. */
      checks: Record<string, SettingsCheck>;
      logger: WatchLogger;
      everyMs?: number;
      timeoutMs?: number;
      now?: () => Date;
    },
  ) {
    this.task = new PeriodicTask({
      name: 'settings watch',
      everyMs: options.everyMs ?? EVERY_MS,
      run: () => this.checkAll(),
      logger: options.logger,
    });
  }

  start(): void {
    this.task.start();
  }

  /** Checks now. Call it after a reconnect: another server may have answered. */
  wake(): void {
    this.task.wake();
  }

  async stop(): Promise<void> {
    await this.task.stop();
  }

  /** The last state of each check, by its name. */
  report(): Record<string, CheckedSettings> {
    return Object.fromEntries(this.states);
  }

  async checkAll(): Promise<void> {
    await Promise.all(
      Object.entries(this.options.checks).map(([what, check]) => this.checkOne(what, check)),
    );
  }

  private async checkOne(what: string, check: SettingsCheck): Promise<void> {
    const { timeoutMs = CHECK_TIMEOUT_MS, now = () => new Date() } = this.options;
    try {
      const problems = await withTimeout(check(), timeoutMs);
      this.drift.set({ what }, problems.length > 0 ? 1 : 0);
      this.enter(what, { holds: problems.length === 0, problems, checkedAt: now() });
    } catch (error) {
      this.drift.remove({ what });
      const problems = [error instanceof Error ? error.message || error.name : String(error)];
      this.enter(what, { holds: 'unreadable', problems, checkedAt: now() });
    }
  }

  private enter(what: string, state: CheckedSettings): void {
    const before = this.states.get(what);
    this.states.set(what, state);
    if (before?.holds === state.holds) return;
    const { logger } = this.options;
    if (state.holds === true) {
      if (before) logger.info({ what }, 'a checked setting holds again');
    } else if (state.holds === false) {
      logger.error({ what, problems: state.problems }, 'a setting has drifted');
    } else {
      logger.warn({ what, problems: state.problems }, 'a setting cannot be checked');
    }
  }
}
