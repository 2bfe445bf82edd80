import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PAYMENT_COMPLETED } from '@effectively-once/contracts';
import { endOffsets } from '@effectively-once/kafka';
import { Redis } from 'ioredis';
import type { Client } from 'pg';

/** The storage that one payment needs, in bytes. */
export interface Footprint {
  /** The deduplication marker in Redis, including hash tables and allocator. */
  receiptMarker: number;
  /** In PostgreSQL, including indexes. */
  outboxRow: number;
  /** In PostgreSQL, including the stored answer and indexes. */
  idempotencyKey: number;
  /** One copy on the broker's disk. Absent if its folder is not visible from here. */
  topicRecord: number | undefined;
  /** All WAL that the server writes for it: payments, outbox, points, and heartbeats. */
  writeAheadLog: number;
}

/** @throws RangeError if there are so few markers that the fixed part distorts the result. */
export async function receiptMarkerBytes(url: string): Promise<number> {
  const redis = new Redis(url, { maxRetriesPerRequest: 1 });
  try {
    const keys = await redis.dbsize();
    if (keys < 1_000) throw new RangeError(`${keys} markers are too few to measure one`);
    const stats = named(await redis.call('MEMORY', 'STATS'));
    const tables = named(stats.get('db.0'));
    // Without connections and buffers, which do not grow with the number of markers.
    const bytes =
      Number(stats.get('dataset.bytes')) +
      Number(tables.get('overhead.hashtable.main')) +
      Number(tables.get('overhead.hashtable.expires'));
    return bytes / keys;
  } finally {
    redis.disconnect();
  }
}

/** Redis returns a map as a list: name, value, name, value. */
function named(reply: unknown): Map<string, unknown> {
  const flat = reply as unknown[];
  return new Map(
    flat.flatMap((name, index) => (index % 2 === 0 ? [[String(name), flat[index + 1]]] : [])),
  );
}

export async function outboxRowBytes(payments: Client): Promise<number> {
  const { rows } = await payments.query<{ bytes: string; rows: string }>(`
    SELECT sum(pg_total_relation_size(inhrelid))::text AS bytes,
           (SELECT count(*) FROM payments.outbox)::text AS rows
      FROM pg_inherits WHERE inhparent = 'payments.outbox'::regclass`);
  return Number(rows[0]?.bytes) / Number(rows[0]?.rows);
}

export async function idempotencyKeyBytes(payments: Client): Promise<number> {
  const { rows } = await payments.query<{ bytes: number }>(`
    SELECT pg_total_relation_size('payments.idempotency_keys')::float8 / count(*) AS bytes
      FROM payments.idempotency_keys`);
  return Number(rows[0]?.bytes);
}

export async function walPosition(payments: Client): Promise<bigint> {
  const { rows } = await payments.query<{ at: string }>(
    `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::text AS at`,
  );
  return BigInt(rows[0]?.at ?? 0);
}

/** Counts only segment files, because Kafka creates index files at their full size. */
export async function topicRecordBytes(
  brokers: string[],
  dataFolder: string,
): Promise<number | undefined> {
  const ends = await endOffsets({ brokers, clientId: 'sizing', topics: [PAYMENT_COMPLETED] });
  const records = [...(ends.get(PAYMENT_COMPLETED)?.values() ?? [])].reduce(
    (sum, end) => sum + Number(end),
    0,
  );
  try {
    const bytes = readdirSync(dataFolder)
      .filter((name) => new RegExp(`^${PAYMENT_COMPLETED}-\\d+$`).test(name))
      .flatMap((name) =>
        readdirSync(join(dataFolder, name)).map((file) => join(dataFolder, name, file)),
      )
      .filter((file) => file.endsWith('.log'))
      .reduce((sum, file) => sum + statSync(file).size, 0);
    return bytes / records;
  } catch {
    // In compose mode the broker's disk is inside its container: this process cannot read it.
    return undefined;
  }
}
