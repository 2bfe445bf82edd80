import { Client, errors, type estypes } from '@elastic/elasticsearch';
import type { Evidence } from '../evidence.js';

// The name is the search service's; an app is not a library to import from.
const ALIAS = 'payments';
const PAGE_SIZE = 2_000;
const KEEP_ALIVE = '1m';
const REQUEST_TIMEOUT_MS = 10_000;

export interface Documents extends Pick<Evidence, 'documents' | 'reindexedBeforeMs'> {
  /** Payment id → the number of its write among all writes to the index, which has one shard. */
  firstIndexed: Map<string, number>;
}

interface Found {
  id: string;
  version: number;
  sequence: number;
}

/** The search index's documents. A lost index is a finding about every payment, not an unreadable store. */
export async function readDocuments(url: string): Promise<Documents> {
  const client = new Client({ node: url, requestTimeout: REQUEST_TIMEOUT_MS, maxRetries: 1 });
  const documents: Documents['documents'] = new Map();
  const firstIndexed: Documents['firstIndexed'] = new Map();
  let reindexedBeforeMs: number | undefined;
  try {
    for await (const { id, version, sequence } of scan(client)) {
      documents.set(id, [...(documents.get(id) ?? []), version]);
      firstIndexed.set(id, Math.min(sequence, firstIndexed.get(id) ?? Infinity));
    }
    // After the documents: a reindex says what it is about before it writes the first one.
    reindexedBeforeMs = await readReindexed(client);
  } catch (error) {
    const isMissing = error instanceof errors.ResponseError && error.statusCode === 404;
    if (!isMissing) throw error;
  } finally {
    await client.close();
  }
  return { documents, firstIndexed, reindexedBeforeMs };
}

async function* scan(client: Client): AsyncGenerator<Found> {
  // What was acknowledged is searchable only after a refresh; without it a fresh document looks lost.
  await client.indices.refresh({ index: ALIAS });
  const { id } = await client.openPointInTime({ index: ALIAS, keep_alive: KEEP_ALIVE });
  try {
    yield* pages(client, id);
  } finally {
    await client.closePointInTime({ id });
  }
}

async function* pages(client: Client, pointInTimeId: string): AsyncGenerator<Found> {
  let after: estypes.SortResults | undefined;
  for (;;) {
    const { hits } = await client.search({
      pit: { id: pointInTimeId, keep_alive: KEEP_ALIVE },
      size: PAGE_SIZE,
      sort: [{ _shard_doc: 'asc' }],
      track_total_hits: false,
      version: true,
      seq_no_primary_term: true,
      _source: false,
      ...(after ? { search_after: after } : {}),
    });
    for (const { _id, _version, _seq_no } of hits.hits) {
      yield { id: String(_id), version: Number(_version), sequence: Number(_seq_no) };
    }
    after = hits.hits.at(-1)?.sort;
    if (hits.hits.length < PAGE_SIZE) return;
  }
}

// `npm run reindex` fills in documents in an order of its own, and leaves this note of which they may be.
async function readReindexed(client: Client): Promise<number | undefined> {
  const indices = await client.indices.getMapping({ index: ALIAS });
  const times = Object.values(indices).map(({ mappings }) =>
    Date.parse(String(mappings._meta?.['reindexedBefore'] ?? '')),
  );
  const known = times.filter((ms) => !Number.isNaN(ms));
  return known.length > 0 ? Math.max(...known) : undefined;
}
