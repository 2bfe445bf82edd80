import { IdempotencyCollision, PermanentFailure, type Applied } from '@effectively-once/delivery';

/** What one payment adds to a user's points. */
export interface PointsEntryDraft {
  paymentId: string;
  userId: string;
  amountMinor: number;
  currency: string;
  points: number;
  eventId: string;
}

/** A row of `loyalty.points_entries`, as far as a duplicate is compared with it. */
export interface StoredEntry {
  payment_id: string;
  user_id: string;
  /** pg returns a bigint as text. */
  amount_minor: string;
  currency: string;
}

export type EntryOutcome = PromiseSettledResult<Applied>;

export const rejected = (reason: Error): EntryOutcome => ({ status: 'rejected', reason });

/** The entries as one array per column, for `unnest`. */
export function columnsOf(entries: PointsEntryDraft[]): unknown[][] {
  const column = <Name extends keyof PointsEntryDraft>(name: Name) =>
    entries.map((entry) => entry[name]);
  return [
    column('paymentId'),
    column('userId'),
    column('amountMinor'),
    column('currency'),
    column('points'),
    column('eventId'),
  ];
}

/** After this many failures in a row the entries are not the cause, so the rest is not tried. */
const FAILURES_IN_A_ROW_MAX = 3;

/** Writes each entry alone, so that an invalid entry fails without the others. */
export async function writeOneByOne(
  entries: PointsEntryDraft[],
  write: (entries: PointsEntryDraft[]) => Promise<EntryOutcome[]>,
): Promise<EntryOutcome[]> {
  const outcomes: EntryOutcome[] = [];
  let failuresInARow = 0;
  for (const entry of entries) {
    const last = outcomes.at(-1);
    if (last && failuresInARow === FAILURES_IN_A_ROW_MAX) {
      outcomes.push(last);
      continue;
    }
    const [outcome = rejected(new Error('an entry without an outcome'))] = await write([entry]);
    outcomes.push(outcome);
    failuresInARow = isAboutItsEntry(outcome) ? 0 : failuresInARow + 1;
  }
  return outcomes;
}

function isAboutItsEntry(outcome: EntryOutcome): boolean {
  if (outcome.status === 'fulfilled') return true;
  const reason: unknown = outcome.reason;
  return reason instanceof PermanentFailure || reason instanceof IdempotencyCollision;
}
