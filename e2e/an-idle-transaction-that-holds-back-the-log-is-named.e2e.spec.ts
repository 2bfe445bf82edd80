import { jest } from '@jest/globals';
import { waitUntil } from '@effectively-once/testing';
import pg from 'pg';
import { consoleMetric, untilHealthy } from './connector.js';
import { npmRun } from './npm-run.js';
import { operatorGet } from './operator.js';
import { at, checkout, findings, newId } from './system-under-test.js';

jest.setTimeout(180_000);

const APPLICATION = 'forgotten-session';
const MIB = 1024 ** 2;
/** Far more than the connector leaves unconfirmed, and far less than `max_slot_wal_keep_size`. */
const HELD_BACK_BYTES = 192 * MIB;

interface SlotState {
  lagBytes: number;
  retainedBytes: number;
  safeWalBytes: number;
  walStatus: string;
  heldBackBy: { pid: number; application: string; state: string; openSeconds: number }[];
}

beforeAll(untilHealthy);

it('an idle transaction holds back the log while everything is confirmed: the session is named', async () => {
  const forgotten = await connected('payments', APPLICATION);
  try {
    await forgotten.query('BEGIN');
    // Only a transaction with an id holds the log back. Its first write gives it one.
    const { rows } = await forgotten.query<{ pid: number }>(
      'SELECT pg_current_xact_id(), pg_backend_pid() AS pid',
    );
    const pid = rows[0]?.pid ?? 0;
    await writeLog(HELD_BACK_BYTES);
    await checkout({ userId: newId('user') });

    await waitUntil(
      'a metric that shows what the slot retains',
      async () => (await consoleMetric('cdc_slot_retained_bytes')) >= HELD_BACK_BYTES,
    );
    await waitUntil(
      'the connector to confirm all of it',
      async () => (await consoleMetric('cdc_slot_lag_bytes')) < HELD_BACK_BYTES / 10,
    );
    expect(await consoleMetric('cdc_slot_retained_bytes')).toBeGreaterThan(HELD_BACK_BYTES);
    expect(await consoleMetric('cdc_slot_wal_status', { status: 'lost' })).toBe(0);

    const slot = await waitUntil('the session in the pipeline', async () => {
      const pipeline = await operatorGet<{ slot: SlotState }>('/api/pipeline');
      return pipeline.slot.heldBackBy.length > 0 ? pipeline.slot : undefined;
    });
    expect(slot.retainedBytes).toBeGreaterThanOrEqual(HELD_BACK_BYTES);
    expect(slot.safeWalBytes).toBeLessThan(2_048 * MIB);
    expect(slot.heldBackBy[0]).toMatchObject({
      pid,
      application: APPLICATION,
      state: 'idle in transaction',
      openSeconds: expect.any(Number),
    });
    // A query may contain an address, so no session shows its query.
    expect(JSON.stringify(slot)).not.toContain('pg_current_xact_id');

    const status = await npmRun('connector', ['status']);
    expect(status.out).toContain(`pid ${pid}`);
    expect(status.out).toContain(APPLICATION);
  } finally {
    await forgotten.end();
  }
  await waitUntil('PostgreSQL to release the log', async () => {
    // Each checkpoint writes which transactions run. The slot moves on with the next one.
    await sql('postgres', 'CHECKPOINT');
    return (await consoleMetric('cdc_slot_retained_bytes')) < HELD_BACK_BYTES;
  });
  await expect(findings()).resolves.toEqual([]);
});

/** Writes log in another database, so that the connector has nothing to publish of it. */
async function writeLog(bytes: number): Promise<void> {
  const writer = await connected('postgres', 'writer');
  try {
    await writer.query('CREATE TABLE IF NOT EXISTS written_log (filler text)');
    await writer.query('ALTER TABLE written_log ALTER filler SET STORAGE EXTERNAL');
    for (let written = 0; written < bytes; written += 16 * MIB) {
      await writer.query(`INSERT INTO written_log VALUES (repeat('x', $1::int))`, [16 * MIB]);
    }
  } finally {
    await writer.query('DROP TABLE IF EXISTS written_log');
    await writer.end();
  }
}

async function sql(database: string, statement: string): Promise<void> {
  const client = await connected(database, 'operator');
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function connected(database: string, application: string): Promise<pg.Client> {
  const url = new URL(at.POSTGRES_SUPERUSER_URL);
  url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: url.href, application_name: application });
  await client.connect();
  return client;
}
