import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PAYMENTS_ALIAS } from '@effectively-once/search/payments-index';
import type { Redis } from 'ioredis';
import type { Client } from 'pg';
import type { Counter } from '../ledger.js';

/**
 * Of the whole server. A transaction is one statement in nearly all cases, because the services use
 * BEGIN only where they must.
 */
export async function postgresCounters(auditor: Client): Promise<Counter[]> {
  const { rows } = await auditor.query<{ what: string; unit: Counter['unit']; value: string }>(`
    SELECT 'write-ahead log' AS what, 'B' AS unit,
           pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::text AS value
    UNION ALL
    SELECT 'fsyncs of the write-ahead log', 'times', sum(fsyncs)::text
      FROM pg_stat_io WHERE object = 'wal'
    UNION ALL
    SELECT 'transactions in ' || datname, 'times', (xact_commit + xact_rollback)::text
      FROM pg_stat_database WHERE datname IN ('payments', 'loyalty', 'console')`);
  return rows.map(({ what, unit, value }) => ({
    where: 'postgres',
    what,
    unit,
    value: Number(value),
  }));
}

/** What each line of INFO means here. */
const REDIS: [field: string, what: string, unit: Counter['unit']][] = [
  ['total_commands_processed', 'commands', 'times'],
  ['aof_current_size', 'append-only file', 'B'],
  ['used_memory_dataset', 'memory of the data', 'B'],
];

export async function redisCounters(redis: Redis): Promise<Counter[]> {
  return redisCountersIn(await redis.info('all'));
}

/** Reads the answer to INFO. */
export function redisCountersIn(info: string): Counter[] {
  return REDIS.flatMap(([field, what, unit]) => {
    const value = new RegExp(`^${field}:(\\d+)`, 'm').exec(info)?.[1];
    return value === undefined ? [] : [{ where: 'redis', what, unit, value: Number(value) }];
  });
}

interface NodeStats {
  indices: {
    indexing: { index_total: number };
    refresh: { total: number };
  };
  http: {
    routes?: Record<string, { requests: { count: number; total_size_in_bytes: number } }>;
  };
}

export async function elasticsearchCounters(url: string): Promise<Counter[]> {
  const response = await fetch(`${url}/_nodes/stats/indices,http`);
  if (!response.ok) throw new Error(`Elasticsearch answered with ${response.status}`);
  return elasticsearchCountersIn((await response.json()) as { nodes: Record<string, NodeStats> });
}

/**
 * The bytes of one document in the index: of all its documents, because merges of segments make the
 * growth during a minute a matter of chance. Refreshes the index first: before that a document has
 * no bytes in it, and an index that is not searched is not refreshed by itself.
 *
 * @returns undefined without documents.
 */
export async function indexBytesPerDocument(url: string): Promise<number | undefined> {
  const index = `${url}/${PAYMENTS_ALIAS}`;
  const refreshed = await fetch(`${index}/_refresh`, { method: 'POST' });
  const stats = await fetch(`${index}/_stats/store,docs`);
  if (!refreshed.ok || !stats.ok)
    throw new Error(`Elasticsearch answered with ${refreshed.status} and ${stats.status}`);
  const { _all: all } = (await stats.json()) as IndexStats;
  const { docs, store } = all.primaries;
  return docs.count === 0 ? undefined : store.size_in_bytes / docs.count;
}

interface IndexStats {
  _all: { primaries: { docs: { count: number }; store: { size_in_bytes: number } } };
}

/** Reads the answer to `_nodes/stats`, of all nodes together. */
export function elasticsearchCountersIn({ nodes }: { nodes: Record<string, NodeStats> }) {
  const sums = new Map<string, Counter>();
  const add = (what: string, unit: Counter['unit'], value: number) => {
    const earlier = sums.get(`${what} ${unit}`)?.value ?? 0;
    sums.set(`${what} ${unit}`, { where: 'elasticsearch', what, unit, value: earlier + value });
  };
  for (const { indices, http } of Object.values(nodes)) {
    add('documents indexed', 'times', indices.indexing.index_total);
    add('refreshes', 'times', indices.refresh.total);
    const bulk = Object.entries(http.routes ?? {}).filter(([route]) => route.endsWith('_bulk'));
    for (const [, { requests }] of bulk) {
      add('_bulk requests', 'times', requests.count);
      add('_bulk requests', 'B', requests.total_size_in_bytes);
    }
  }
  return [...sums.values()];
}

/** The size of the files that a folder has, not those of its folders. None if it is not here. */
export function folderCounter(where: string, what: string, folder: string): Counter[] {
  try {
    const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
    const value = files.reduce((sum, { name }) => sum + statSync(join(folder, name)).size, 0);
    return [{ where, what, unit: 'B', value }];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
