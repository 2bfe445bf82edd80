import {
  DependencyDown,
  IdempotencyCollision,
  PermanentFailure,
  type Applied,
} from '@effectively-once/delivery';
import type { DataSource } from 'typeorm';
import { asFailure } from './database-failure.js';

/** What one payment adds to a user's points. */
export interface PointsEntryDraft {
  paymentId: string;
  userId: string;
  amountMinor: number;
  currency: string;
  points: number;
  eventId: string;
}

type Outcome = PromiseSettledResult<Applied>;

/*
 * `on conflict do nothing returning` yields an entry only to the one who wrote it, and balances move by
 * what was returned: a duplicate adds nothing because there is nothing to add.
 *
 * Both orders are there against deadlocks: two batches that meet take their rows in the same order. (How
 * PostgreSQL groups happens to give the second; nobody promises that.)
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

interface StoredEntry {
  payment_id: string;
  user_id: string;
  /** bigint arrives as text. */
  amount_minor: string;
  currency: string;
}

/** So many in a row are not the entries' fault, and the rest need not wait for their turn to fail. */
const FAILURES_IN_A_ROW_MAX = 3;

/** Writes many entries, and what they do to balances, in one statement: hence in one transaction. */
export class PointsEntries {
  constructor(private readonly database: Pick<DataSource, 'query'>) {}

  /**
   * @returns what became of each, in their order.
   * @throws DependencyDown when that is the fate of all.
   */
  async write(entries: PointsEntryDraft[]): Promise<Outcome[]> {
    try {
      return await this.writeTogether(entries);
    } catch (error) {
      const failure = asFailure(error);
      if (failure instanceof DependencyDown) throw failure;
      // One entry that cannot be written fails the statement, and with it the other 199.
      return entries.length > 1 ? await this.writeOneByOne(entries) : [rejected(failure)];
    }
  }

  private async writeTogether(entries: PointsEntryDraft[]): Promise<Outcome[]> {
    // The same payment twice in one batch: the first is written, the other compared with it.
    const first = new Map(entries.toReversed().map((entry) => [idOf(entry), entry]));
    const written = await this.insert([...first.values()]);
    const isWritten = (entry: PointsEntryDraft) =>
      first.get(idOf(entry)) === entry && written.has(idOf(entry));
    // If this fails after that committed, what was written comes back as a duplicate: no harm done.
    const stored = await this.read(entries.filter((entry) => !isWritten(entry)));
    return entries.map((entry) =>
      isWritten(entry)
        ? { status: 'fulfilled', value: 'applied' }
        : compared(entry, stored.get(idOf(entry))),
    );
  }

  private async insert(entries: PointsEntryDraft[]): Promise<Set<string>> {
    const column = <Name extends keyof PointsEntryDraft>(name: Name) =>
      entries.map((entry) => entry[name]);
    const rows = await this.database.query<Pick<StoredEntry, 'payment_id'>[]>(WRITE, [
      column('paymentId'),
      column('userId'),
      column('amountMinor'),
      column('currency'),
      column('points'),
      column('eventId'),
    ]);
    return new Set(rows.map((row) => row.payment_id));
  }

  // A statement of its own: the one that met a concurrent twin's row cannot see it.
  private async read(entries: PointsEntryDraft[]): Promise<Map<string, StoredEntry>> {
    if (entries.length === 0) return new Map();
    const rows = await this.database.query<StoredEntry[]>(READ, [entries.map(idOf)]);
    return new Map(rows.map((row) => [row.payment_id, row]));
  }

  private async writeOneByOne(entries: PointsEntryDraft[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    let failuresInARow = 0;
    for (const entry of entries) {
      const last = outcomes.at(-1);
      if (last && failuresInARow === FAILURES_IN_A_ROW_MAX) {
        outcomes.push(last);
        continue;
      }
      const [outcome = rejected(new Error('an entry without an outcome'))] = await this.write([
        entry,
      ]);
      outcomes.push(outcome);
      failuresInARow = isAboutItsEntry(outcome) ? 0 : failuresInARow + 1;
    }
    return outcomes;
  }
}

function isAboutItsEntry(outcome: Outcome): boolean {
  if (outcome.status === 'fulfilled') return true;
  const reason: unknown = outcome.reason;
  return reason instanceof PermanentFailure || reason instanceof IdempotencyCollision;
}

function compared(entry: PointsEntryDraft, stored: StoredEntry | undefined): Outcome {
  if (!stored) return rejected(new Error('an entry that was there has gone'));
  const differing = [
    ...(stored.user_id === entry.userId ? [] : ['userId']),
    ...(stored.amount_minor === String(entry.amountMinor) ? [] : ['amountMinor']),
    ...(stored.currency === entry.currency ? [] : ['currency']),
  ];
  return differing.length > 0
    ? rejected(new IdempotencyCollision(differing))
    : { status: 'fulfilled', value: 'duplicate' };
}

const rejected = (reason: Error): Outcome => ({ status: 'rejected', reason });

// PostgreSQL writes a uuid in small letters, however it came.
const idOf = ({ paymentId }: PointsEntryDraft) => paymentId.toLowerCase();
