import { Client, errors, type estypes } from '@elastic/elasticsearch';
import type { Evidence } from '../evidence.js';

// The name is the search service's; an app is not a library to import from.
const ALIAS = 'payments';
const PAGE_SIZE = 2_000;
const KEEP_ALIVE = '1m';
const REQUEST_TIMEOUT_MS = 10_000;

/** The search index's documents: payment id → versions. */
export async function readDocuments(url: string): Promise<Evidence['documents']> {
  const client = new Client({ node: url, requestTimeout: REQUEST_TIMEOUT_MS, maxRetries: 1 });
  try {
    const documents: Evidence['documents'] = new Map();
    for await (const { id, version } of scan(client)) {
      documents.set(id, [...(documents.get(id) ?? []), version]);
    }
    return documents;
  } finally {
    await client.close();
  }
}

// A lost index is a finding about every payment, not a store that cannot be read.
async function* scan(client: Client): AsyncGenerator<{ id: string; version: number }> {
  try {
    // What was acknowledged is searchable only after a refresh; without it a fresh document looks lost.
    await client.indices.refresh({ index: ALIAS });
    const { id } = await client.openPointInTime({ index: ALIAS, keep_alive: KEEP_ALIVE });
    try {
      yield* pages(client, id);
    } finally {
      await client.closePointInTime({ id });
    }
  } catch (error) {
    if (error instanceof errors.ResponseError && error.statusCode === 404) return;
    throw error;
  }
}

async function* pages(client: Client, pointInTimeId: string) {
  let after: estypes.SortResults | undefined;
  for (;;) {
    const { hits } = await client.search({
      pit: { id: pointInTimeId, keep_alive: KEEP_ALIVE },
      size: PAGE_SIZE,
      sort: [{ _shard_doc: 'asc' }],
      track_total_hits: false,
      version: true,
      _source: false,
      ...(after ? { search_after: after } : {}),
    });
    for (const { _id, _version } of hits.hits) yield { id: String(_id), version: Number(_version) };
    after = hits.hits.at(-1)?.sort;
    if (hits.hits.length < PAGE_SIZE) return;
  }
}
