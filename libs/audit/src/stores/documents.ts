import { Client, errors, type estypes } from '@elastic/elasticsearch';
import type { PointsEntry } from '../evidence/evidence.js';
import type { FactOf, Take } from '../evidence/facts.js';

// The name is the search service's; an app is not a library to import from.
const ALIAS = 'payments';
/** What a document is compared by. The rest of it stays where it is. */
const CONTENT = ['userId', 'amountMinor', 'currency'];
const PAGE_SIZE = 2_000;
const KEEP_ALIVE = '1m';
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * The search index's documents; `at` is the number of its write among all writes to the index, which has
 * one shard. A lost index is a finding about every payment, not an unreadable store.
 */
export async function readDocuments(
  url: string,
  take: Take<'document'>,
  sinceMs?: number,
): Promise<{ reindexedBeforeMs: number | undefined }> {
  const client = new Client({ node: url, requestTimeout: REQUEST_TIMEOUT_MS, maxRetries: 1 });
  try {
    for await (const document of scan(client, sinceMs)) await take(document);
    // After the documents: a reindex says what it is about before it writes the first one.
    return { reindexedBeforeMs: await readReindexed(client) };
  } catch (error) {
    const isMissing = error instanceof errors.ResponseError && error.statusCode === 404;
    if (!isMissing) throw error;
    return { reindexedBeforeMs: undefined };
  } finally {
    await client.close();
  }
}

async function* scan(client: Client, sinceMs?: number): AsyncGenerator<FactOf<'document'>> {
  // What was acknowledged is searchable only after a refresh; without it a fresh document looks lost.
  await client.indices.refresh({ index: ALIAS });
  const { id } = await client.openPointInTime({ index: ALIAS, keep_alive: KEEP_ALIVE });
  try {
    yield* pages(client, id, sinceMs);
  } finally {
    await client.closePointInTime({ id });
  }
}

async function* pages(
  client: Client,
  pointInTimeId: string,
  sinceMs?: number,
): AsyncGenerator<FactOf<'document'>> {
  let after: estypes.SortResults | undefined;
  for (;;) {
    const { hits } = await client.search<Partial<PointsEntry>>({
      pit: { id: pointInTimeId, keep_alive: KEEP_ALIVE },
      size: PAGE_SIZE,
      sort: [{ _shard_doc: 'asc' }],
      track_total_hits: false,
      version: true,
      seq_no_primary_term: true,
      _source: CONTENT,
      // The document's own word for when its payment completed: one without it is only seen by a full audit.
      ...(sinceMs ? { query: { range: { completedAt: { gte: sinceMs } } } } : {}),
      ...(after ? { search_after: after } : {}),
    });
    for (const { _id, _version, _seq_no, _source } of hits.hits) {
      const [version, at] = [Number(_version), Number(_seq_no)];
      const { userId, amountMinor, currency } = _source ?? {};
      const content = { userId, amountMinor, currency };
      yield { kind: 'document', paymentId: String(_id), version, ...content, at };
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
