import { Client, errors, type estypes } from '@elastic/elasticsearch';
import type { PointsEntryRow } from '../evidence/evidence.js';
import type { FactOf, Take } from '../evidence/facts.js';

// The search service's alias, stated again: the audit shares no code with the apps that it audits.
export const ALIAS = 'payments';
/** The fields that the audit compares. It does not read the others. */
const CONTENT = ['userId', 'amountMinor', 'currency'];
const PAGE_SIZE = 2_000;
const KEEP_ALIVE = '1m';
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * Reads the documents of the search index, as of one point in time (Elasticsearch's PIT). `at` is
 * the sequence number of the write; the index has one shard, so the numbers order all its writes.
 *
 * A missing index is not an unreadable store: the audit then reports the document of every payment.
 */
export async function readDocuments(
  url: string,
  take: Take<'document'>,
  sinceMs?: number,
): Promise<{ reindexedBeforeMs: number | undefined }> {
  const client = new Client({ node: url, requestTimeout: REQUEST_TIMEOUT_MS, maxRetries: 1 });
  try {
    for await (const document of scan(client, sinceMs)) await take(document);
    // Read this after the documents, because a reindex writes it before its first document.
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
  // An acknowledged document is searchable only after a refresh. Without it, a new document looks
  // lost.
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
    const { hits } = await client.search<Partial<PointsEntryRow>>({
      pit: { id: pointInTimeId, keep_alive: KEEP_ALIVE },
      size: PAGE_SIZE,
      sort: [{ _shard_doc: 'asc' }],
      track_total_hits: false,
      version: true,
      seq_no_primary_term: true,
      _source: CONTENT,
      // The document's own completedAt. Only a full audit sees a document without it.
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

// `npm run reindex` writes documents in its own order. The cut-off in the mapping says which
// documents it may have written.
async function readReindexed(client: Client): Promise<number | undefined> {
  const indices = await client.indices.getMapping({ index: ALIAS });
  const times = Object.values(indices).map(({ mappings }) =>
    Date.parse(String(mappings._meta?.['reindexedBefore'] ?? '')),
  );
  const known = times.filter((ms) => !Number.isNaN(ms));
  return known.length > 0 ? Math.max(...known) : undefined;
}
