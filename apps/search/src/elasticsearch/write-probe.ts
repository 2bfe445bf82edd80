import type { Client } from '@elastic/elasticsearch';
import { PAYMENTS_ALIAS } from './payments-index.js';
import { refusalOf } from './elasticsearch-failure.js';

/**
 * Tries the work of search. Elasticsearch can report a green cluster and refuse every document: the
 * index is closed or blocked, the disk is full, or a permission was taken away. The deletion of a
 * document that does not exist takes the same way as a write (alias, write index, blocks, primary
 * shard, permission), and leaves no document.
 * @throws DependencyDown if it is refused.
 */
export async function probeDocuments(
  client: Client,
  { alias = PAYMENTS_ALIAS, signal }: { alias?: string; signal?: AbortSignal } = {},
): Promise<void> {
  const { items } = await client.bulk(
    {
      index: alias,
      require_alias: true,
      operations: [{ delete: { _id: 'probe' } }],
    },
    signal ? { signal } : {},
  );
  const item = items[0]?.delete;
  if (item?.error || item?.status !== 404) throw refusalOf(item?.status ?? 0, item?.error);
}
