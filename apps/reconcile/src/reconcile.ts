import type { Client } from 'pg';
import type { Day } from './day.js';
import { differencesOf, totalsOf, type Difference, type Total } from './daily-totals.js';
import type { DayStores } from './day-stores.js';
import { Staging } from './staging.js';
import { WRITE, type WritePattern } from './write-patterns.js';

const BATCH = 1_000;

export interface Reconciled {
  day: string;
  /** In the order of source, currency and user. */
  totals: Total[];
  /** Users and currencies in which the four do not say the same. */
  differences: Difference[];
}

/**
 * What one day came to per currency and user, as each of the four says who has to know: payments, the
 * PSP, the points and the documents. The day of all four is that of the payment's `completed_at`, joined
 * by payment id: an effect belongs to the day its payment was made, however late it happened.
 *
 *   payments of the day ──► staged ──┬─► captures   of these ids ─► staged ─┐
 *                                    ├─► entries    of these ids ─► staged ─┼─► totals ─► the day's partition
 *                                    └─► documents  of these ids ─► staged ─┘
 *
 * One transaction in the console's database: whatever it dies of, the day is as it was before. Nothing
 * depends on when it runs: the same stores make the same bytes, and an effect that came late is in the
 * next run's. It sees totals only; which payment is behind a difference is for the audit to name.
 */
export async function reconcile(options: {
  /** The console's database, as its app. Its transaction is this function's. */
  database: Client;
  stores: DayStores;
  day: Day;
  write?: WritePattern;
  onProgress?: (paymentsSoFar: number) => void;
}): Promise<Reconciled> {
  const { database, stores, day, write = 'overwrite', onProgress } = options;
  await database.query('BEGIN');
  try {
    // Two runs for one day would both delete, and then both insert.
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
    // On a connection that is gone the transaction is gone too.
    await database.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
