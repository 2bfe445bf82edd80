import type { Logger } from '@effectively-once/platform';
import { PeriodicTask } from '@effectively-once/timing';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { DataSource } from 'typeorm';

/**
 * How long the console keeps a dead letter after its redrive or discard. 400 days is a year, so
 * that an operator can compare an incident with the same season of last year, plus a month to do
 * so. Pending dead letters, and discarded ones of a payment, have no limit (see
 * `console.prune_dead_letters`).
 */
export const DEAD_LETTER_DAYS = 400;
/** The same for the totals of a day. `npm run reconcile` can compute an older day again. */
export const DAILY_TOTALS_DAYS = 400;

// Small batches: a statement ends long before its timeout, and holds its locks for a short time
// only.
const BATCH = { rows: 1_000, days: 10 };
const EVERY_MS = 3_600_000;

type Database = Pick<DataSource, 'query'>;

/** Prunes the tables of the console every hour, from the start of the console to its end. */
export class Retention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task: PeriodicTask;

  constructor(database: Database, logger: Logger) {
    const run = async (signal: AbortSignal) => {
      const pruned = await prune(database, signal);
      if (pruned.rows > 0 || pruned.days > 0) logger.info(pruned, 'old rows are pruned');
    };
    this.task = new PeriodicTask({ name: 'prune old rows', everyMs: EVERY_MS, run, logger });
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.task.stop();
  }
}

/**
 * Deletes old dead letters, their actions, and old days of daily totals, in batches. Stops between
 * two batches if the signal is aborted. Safe to repeat, also in two consoles at once.
 *
 * @returns the number of deleted rows and of dropped days.
 */
export async function prune(
  database: Database,
  signal: AbortSignal,
  batch = BATCH,
): Promise<{ rows: number; days: number }> {
  const untilNoneIsLeft = async (sql: string, parameters: number[]) => {
    let total = 0;
    while (!signal.aborted) {
      const [answer] = await database.query<[{ pruned: number }]>(sql, parameters);
      if (answer.pruned === 0) break;
      total += answer.pruned;
    }
    return total;
  };
  return {
    rows: await untilNoneIsLeft('SELECT console.prune_dead_letters($1, $2) AS pruned', [
      DEAD_LETTER_DAYS,
      batch.rows,
    ]),
    days: await untilNoneIsLeft('SELECT console.drop_daily_totals($1, $2) AS pruned', [
      DAILY_TOTALS_DAYS,
      batch.days,
    ]),
  };
}
