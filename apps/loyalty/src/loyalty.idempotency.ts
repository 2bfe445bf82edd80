import type { PaymentCompleted } from '@effectively-once/contracts';
import {
  DependencyDown,
  IdempotencyCollision,
  type Applied,
  type IdempotencyStrategy,
} from '@effectively-once/delivery';
import { MicroBatch } from '@effectively-once/timing';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { LoyaltyCircuits } from './circuits.js';
import { databaseFailure } from './database/database-failure.js';
import {
  columnsOf,
  rejected,
  writeOneByOne,
  type EntryOutcome,
  type PointsEntryDraft,
  type StoredEntry,
} from './points-entry-rows.js';

/** Collects what the effect writes, so that it is written together with the inbox row. */
export interface UnitOfWork {
  declare: (entry: PointsEntryDraft) => void;
}

const ENTRIES_PER_STATEMENT_MAX = 200;
// One statement runs while the next batch fills. More would wait for the same users' balances.
const STATEMENTS_IN_FLIGHT_MAX = 2;

/*
 * The inbox row and the effect, in one statement. `ON CONFLICT DO NOTHING RETURNING` returns only
 * the entries that this statement inserted, and the balances change by the returned entries. So a
 * duplicate adds nothing.
 *
 * Both ORDER BY prevent deadlocks: two concurrent batches lock their rows in the same order. (The
 * second order is how PostgreSQL groups today, but PostgreSQL does not promise it.)
 */
const WRITE = `
  WITH entry AS (
    INSERT INTO loyalty.points_entries
      (payment_id, user_id, amount_minor, currency, points, event_id)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::uuid[])
      AS declared (payment_id, user_id, amount_minor, currency, points, event_id)
    ORDER BY user_id, payment_id
    ON CONFLICT (payment_id) DO NOTHING
    RETURNING payment_id, user_id, points
  ), account AS (
    INSERT INTO loyalty.accounts AS account (user_id, balance)
    SELECT user_id, sum(points)::bigint FROM entry GROUP BY user_id ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE SET balance = account.balance + excluded.balance
  )
  SELECT payment_id FROM entry`;

const READ = `
  SELECT payment_id, user_id, amount_minor, currency
    FROM loyalty.points_entries WHERE payment_id = ANY($1::uuid[])`;

/**
 * Loyalty as an idempotent consumer: effectively-once, by the inbox pattern.
 *
 * The points entry is the inbox row: its primary key is the payment id. Entry and balance change in
 * one statement, so in one transaction. A crash leaves both or neither, and a redelivery finds the
 * row.
 *
 * Group commit: one statement writes the entries of up to 200 lanes. Each lane gets the outcome of
 * its own entry.
 */
@Injectable()
export class LoyaltyIdempotency implements IdempotencyStrategy<PaymentCompleted, UnitOfWork> {
  readonly crashAfterEffect = 'never repeats';
  private readonly batch = new MicroBatch<PointsEntryDraft, Applied>({
    sizeMax: ENTRIES_PER_STATEMENT_MAX,
    inFlightMax: STATEMENTS_IN_FLIGHT_MAX,
    run: (entries) => this.write(entries),
  });

  constructor(
    @Inject(DataSource) private readonly database: Pick<DataSource, 'query'>,
    @Inject(LoyaltyCircuits) private readonly circuits: Pick<LoyaltyCircuits, 'database'>,
  ) {}

  async once(
    event: PaymentCompleted,
    effect: (unit: UnitOfWork) => Promise<void>,
  ): Promise<Applied> {
    const declared: PointsEntryDraft[] = [];
    await effect({ declare: (entry) => declared.push(entry) });
    const [entry, ...more] = declared;
    if (!entry || more.length > 0) throw new Error('an effect declares exactly one entry');
    return await this.circuits.database.call(event.userId, () => this.batch.add(entry));
  }

  /**
   * @returns one outcome per entry, in the order of the entries.
   * @throws DependencyDown when no entry could be written.
   */
  private async write(entries: PointsEntryDraft[]): Promise<EntryOutcome[]> {
    try {
      return await this.writeTogether(entries);
    } catch (error) {
      const failure = databaseFailure(error);
      if (failure instanceof DependencyDown) throw failure;
      // One invalid entry fails the statement, and the other 199 too. `writeOneByOne` calls this
      // method again with one entry each.
      return entries.length > 1
        ? await writeOneByOne(entries, (one) => this.write(one))
        : [rejected(failure)];
    }
  }

  private async writeTogether(entries: PointsEntryDraft[]): Promise<EntryOutcome[]> {
    // The same payment twice in one batch: write the first entry, and compare the other with it.
    const first = new Map(entries.toReversed().map((entry) => [idOf(entry), entry]));
    const written = await this.insert([...first.values()]);
    const isWritten = (entry: PointsEntryDraft) =>
      first.get(idOf(entry)) === entry && written.has(idOf(entry));
    // If this read fails, the insert has committed. The redelivered entries are then duplicates.
    const stored = await this.read(entries.filter((entry) => !isWritten(entry)));
    return entries.map((entry) =>
      isWritten(entry)
        ? { status: 'fulfilled', value: 'applied' }
        : compared(entry, stored.get(idOf(entry))),
    );
  }

  private async insert(entries: PointsEntryDraft[]): Promise<Set<string>> {
    const rows = await this.database.query<Pick<StoredEntry, 'payment_id'>[]>(
      WRITE,
      columnsOf(entries),
    );
    return new Set(rows.map((row) => row.payment_id));
  }

  // A second statement, because the insert's snapshot does not see the row of a concurrent twin.
  private async read(entries: PointsEntryDraft[]): Promise<Map<string, StoredEntry>> {
    if (entries.length === 0) return new Map();
    const rows = await this.database.query<StoredEntry[]>(READ, [entries.map(idOf)]);
    return new Map(rows.map((row) => [row.payment_id, row]));
  }
}

// The same payment id with other content is a collision, not a duplicate.
function compared(entry: PointsEntryDraft, stored: StoredEntry | undefined): EntryOutcome {
  if (!stored) return rejected(new Error('a stored entry has disappeared'));
  const differing = [
    ...(stored.user_id === entry.userId ? [] : ['userId']),
    ...(stored.amount_minor === String(entry.amountMinor) ? [] : ['amountMinor']),
    ...(stored.currency === entry.currency ? [] : ['currency']),
  ];
  return differing.length > 0
    ? rejected(new IdempotencyCollision(differing))
    : { status: 'fulfilled', value: 'duplicate' };
}

// PostgreSQL returns a uuid in lower case, also when it was written in upper case.
const idOf = ({ paymentId }: PointsEntryDraft) => paymentId.toLowerCase();
