import type { Client } from 'pg';
import type { Day } from './day.js';
import { differencesOf, totalsOf, type Difference, type Total } from './daily-totals.js';
import type { DayStores } from './day-stores.js';
import { Staging } from './staging.js';
import { WRITE, type WritePattern } from './write-patterns.js';

const BATCH = 1_000;

export interface Reconciled {
  day: string;
  /** Ordered by source, currency and user. */
  totals: Total[];
  /** Users and currencies for which the four sources disagree. */
  differences: Difference[];
}

/**
 * Reconciliation of one day: the totals per currency and user of payments, the PSP, the points and
 * the documents. The `completed_at` of the payment decides the day for all four, joined by payment
 * id. So a late effect belongs to the day of its payment.
 *
 *   payments of the day ──► staged ──┬─► captures   of these ids ─► staged ─┐
 *                                    ├─► entries    of these ids ─► staged ─┼─► totals ─► partition
 *                                    └─► documents  of these ids ─► staged ─┘
 *
 * One transaction in the console's database: after a crash, the day has its old totals. The result
 * does not depend on the time of the run: the same stores give the same bytes, and the next run
 * includes effects that were late. A reconciliation compares totals only; the audit names the
 * payment.
 */
export async function reconcile(options: {
  /** The console's database, as role console_app. This function runs its transaction. */
  database: Client;
  stores: DayStores;
  day: Day;
  write?: WritePattern;
  onProgress?: (paymentsSoFar: number) => void;
}): Promise<Reconciled> {
  const { database, stores, day, write = 'overwrite', onProgress } = options;
  await database.query('BEGIN');
  try {
    // An advisory lock: two concurrent runs for one day would both delete, and then both insert.
    await database.query(
      `SELECT pg_advisory_xact_lock(hashtext('reconcile'), $1::date - date '1970-01-01')`,
      [day.name],
    );
    const staging = await Staging.open(database);
    let payments = 0;
    for await (const batch of stores.paymentsOf(day, BATCH)) {
      const ids = await staging.addPayments(batch);
      await staging.addEffects('points', await stores.pointsOf(ids));
      await staging.addEffects('documents', await stores.documentsOf(ids));
      onProgress?.((payments += batch.length));
    }
    for await (const batch of stores.captures(BATCH)) await staging.addEffects('psp', batch);
    await WRITE[write](database, day.name);
    const totals = await totalsOf(database, day.name);
    const differences = await differencesOf(database, day.name);
    await database.query('COMMIT');
    return { day: day.name, totals, differences };
  } catch (error) {
    // The ROLLBACK fails on a cut connection. PostgreSQL has rolled back in that case.
    await database.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
