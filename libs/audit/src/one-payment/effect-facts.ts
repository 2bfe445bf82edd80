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
 * The payment's documents in every index behind the alias. A get sees a document that is not
 * searchable yet, and a search sees a second one in another index. A missing index has none.
 */
export async function readDocumentsOf(
  { elasticsearch }: Connections,
  id: string,
): Promise<IndexedDocument[]> {
  try {
    const [got, found] = await Promise.all([
      elasticsearch.mget<Partial<PointsEntryRow>>({ index: ALIAS, ids: [id] }),
      elasticsearch.search<Partial<PointsEntryRow>>({
        index: ALIAS,
        query: { ids: { values: [id] } },
        version: true,
        seq_no_primary_term: true,
      }),
    ]);
    const stored: Stored[] = [
      ...found.hits.hits,
      ...got.docs.filter((doc) => 'found' in doc && doc.found),
    ];
    // The one of the get is the newer one.
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
