import { CONNECTOR, ConnectApi, SLOT } from '@effectively-once/console/connector/connect-api';
import { waitUntil } from '@effectively-once/testing';
import pg from 'pg';

/** Hands on the way from the outbox to the topic: what a mistaken operator does to it one day. */

export interface Pipeline {
  /** Any database of the server; the payments database is used. */
  superuserUrl: string;
  connectUrl: string;
  /** Where the slot is watched from. */
  consoleUrl: string;
}

/** Fewer would not show that they are missing. */
const UNREAD_MIN = 5;

export async function deleteConnector({ connectUrl }: Pipeline): Promise<void> {
  const response = await fetch(`${connectUrl}/connectors/${CONNECTOR}`, { method: 'DELETE' });
  if (!response.ok) throw new Error(`Connect answered ${response.status}`);
}

/** Somebody has registered the connector again. */
export async function untilRegistered({ connectUrl }: Pipeline): Promise<void> {
  const connect = new ConnectApi(connectUrl);
  await waitUntil('another connector', async () => (await connect.status()) !== 'missing');
}

/** The connector is cut off first: a slot in use cannot be dropped. */
export async function dropSlot(pipeline: Pipeline): Promise<void> {
  await withClient(pipeline, async (client) => {
    await untilFree(client);
    await client.query('SELECT pg_drop_replication_slot($1)', [SLOT]);
  });
}

/**
 * Moves the slot past events that the connector has not read, in the way that Debezium does not notice. It
 * would if the slot's restart position came to be beyond its offset; an open transaction keeps that back,
 * as any long one in production does. Payments must be coming in.
 *
 * @param watched whether the console has seen before that nobody reads the slot, as it does within a second.
 */
export async function moveSlot(pipeline: Pipeline, watched: boolean): Promise<void> {
  await withClient(pipeline, async (client) => {
    await withClient(pipeline, async (open) => {
      await open.query('BEGIN');
      // Written to the log, or decoding would not know of this transaction.
      const { rows } = await open.query<{ lsn: string }>(
        `SELECT pg_logical_emit_message(true, 'open', '') AS lsn`,
      );
      await waitUntil('the connector to come past the open transaction', async () => {
        const slot = await one(client, 'confirmed_flush_lsn > $2::pg_lsn AS done', [rows[0]?.lsn]);
        return slot['done'] === true;
      });
      await untilFree(client);
      const before = await outboxRows(client);
      await waitUntil(
        'events that nobody reads',
        async () => (await outboxRows(client)) >= before + UNREAD_MIN,
      );
      if (watched) await untilSeenUnread(pipeline);
      await client.query('SELECT pg_replication_slot_advance($1, pg_current_wal_lsn())', [SLOT]);
      await open.query('ROLLBACK');
    });
  });
}

/**
 * Has PostgreSQL give the slot up, as it does when it holds back more log than `max_slot_wal_keep_size`.
 * The connector must be stopped: one that reads is never that far behind here.
 */
export async function loseSlot(pipeline: Pipeline): Promise<void> {
  await withClient(pipeline, async (client) => {
    await client.query(`ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'`);
    await client.query('SELECT pg_reload_conf()');
    try {
      await waitUntil('the slot to be given up', async () => {
        // A segment of log is given up as a whole, and only by a checkpoint.
        await client.query(`SELECT pg_logical_emit_message(false, 'filler', ''), pg_switch_wal()`);
        await client.query('CHECKPOINT');
        return (await one(client, `wal_status = 'lost' AS lost`))['lost'] === true;
      });
    } finally {
      await client.query('ALTER SYSTEM RESET max_slot_wal_keep_size');
      await client.query('SELECT pg_reload_conf()');
    }
  });
}

/** Connect has stopped the connector because it was told to. */
export async function untilStopped({ connectUrl }: Pipeline): Promise<void> {
  const connect = new ConnectApi(connectUrl);
  await waitUntil('the connector to be stopped', async () => {
    const status = await connect.status();
    return status !== 'missing' && status.connector.state === 'STOPPED';
  });
}

/** Ends the connector's connection, as a network would. Debezium comes back after 10 s. */
export async function cutOff(pipeline: Pipeline): Promise<void> {
  await withClient(pipeline, untilFree);
}

async function untilFree(client: pg.Client): Promise<void> {
  await waitUntil('the slot to be free', async () => {
    const slot = await one(client, 'active, pg_terminate_backend(active_pid)');
    return slot['active'] === false;
  });
}

async function untilSeenUnread({ consoleUrl }: Pipeline): Promise<void> {
  await waitUntil('the console to see that nobody reads the slot', async () =>
    /^cdc_slot_active 0$/m.test(await (await fetch(`${consoleUrl}/metrics`)).text()),
  );
}

async function one(client: pg.Client, columns: string, more: unknown[] = []) {
  const { rows } = await client.query<Record<string, unknown>>(
    `SELECT ${columns} FROM pg_replication_slots WHERE slot_name = $1`,
    [SLOT, ...more],
  );
  return rows[0] ?? {};
}

async function outboxRows(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM payments.outbox',
  );
  return rows[0]?.n ?? 0;
}

async function withClient(
  { superuserUrl }: Pipeline,
  use: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const url = new URL(superuserUrl);
  url.pathname = '/payments';
  const client = new pg.Client({ connectionString: url.toString() });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}
