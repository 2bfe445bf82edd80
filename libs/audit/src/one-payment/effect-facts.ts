import { errors } from '@elastic/elasticsearch';
import type { PointsEntryRow, SearchDocument } from '../evidence/evidence.js';
import type { FactOf } from '../evidence/facts.js';
import { ALIAS } from '../stores/documents.js';
import { entryOf, ENTRIES, unbalanced, type AccountRow, type EntryRow } from '../stores/points.js';
import type { Connections } from './connections.js';

export interface AwardedPoints extends PointsEntryRow {
  points: string;
  eventId: string;
  awardedAtMs: number;
}

/** The payment's points entries, and its user's account if it does not add up. */
export interface PointsFacts {
  entries: AwardedPoints[];
  facts: FactOf<'points_entry' | 'unbalanced_account'>[];
}

export async function readPointsOf(
  { loyalty }: Connections,
  { id, userId }: { id: string; userId: string },
): Promise<PointsFacts> {
  const { rows } = await loyalty.query<EntryRow & { points: string; event_id: string }>(
    `${ENTRIES.replace('SELECT', 'SELECT points, event_id,')} WHERE payment_id = $1`,
    [id],
  );
  const accounts = await loyalty.query<AccountRow>(unbalanced('user_id = $1'), [userId]);
  const facts = rows.map(entryOf);
  return {
    entries: rows.map((row, at) => ({
      userId: row.user_id,
      amountMinor: Number(row.amount_minor),
      currency: row.currency,
      points: row.points,
      eventId: row.event_id,
      awardedAtMs: Math.floor(facts[at]!.at / 1_000),
    })),
    facts: [
      ...facts,
      ...accounts.rows.map((row) => ({
        kind: 'unbalanced_account' as const,
        userId: row.user_id,
        balance: BigInt(row.balance),
        sumOfEntries: BigInt(row.points),
      })),
    ],
  };
}

export interface IndexedDocument extends SearchDocument {
  index: string;
  sequenceNumber: number;
}

interface Stored {
  _index: string;
  _id?: string;
  _version?: number;
  _seq_no?: number;
  _source?: Partial<PointsEntryRow>;
}

/**
 * The payment's documents in every index behind the alias. A search finds a second one in another
 * index, but it may be as old as the last refresh: it misses new documents and finds deleted ones.
 * So what it finds is read again by id, which sees every write. A missing index has none.
 */
export async function readDocumentsOf(
  { elasticsearch }: Connections,
  id: string,
): Promise<IndexedDocument[]> {
  try {
    const query = { ids: { values: [id] } };
    const { hits } = await elasticsearch.search({ index: ALIAS, query, _source: false });
    const places = new Set([ALIAS, ...hits.hits.map(({ _index }) => _index)]);
    const { docs } = await elasticsearch.mget<Partial<PointsEntryRow>>({
      docs: [...places].map((_index) => ({ _index, _id: id })),
    });
    const stored: Stored[] = docs.filter((doc) => 'found' in doc && doc.found);
    return [...new Map(stored.map((one) => [one._index, one])).values()].map(toDocument);
  } catch (error) {
    const isMissing = error instanceof errors.ResponseError && error.statusCode === 404;
    if (isMissing) return [];
    throw error;
  }
}

const toDocument = ({ _index, _version, _seq_no, _source }: Stored): IndexedDocument => ({
  index: _index,
  version: Number(_version),
  sequenceNumber: Number(_seq_no),
  userId: _source?.userId,
  amountMinor: _source?.amountMinor,
  currency: _source?.currency,
});

export const documentFacts = (paymentId: string, documents: IndexedDocument[]) =>
  documents.map(({ index: _, sequenceNumber: at, ...document }): FactOf<'document'> => ({
    kind: 'document',
    paymentId,
    at,
    ...document,
  }));
