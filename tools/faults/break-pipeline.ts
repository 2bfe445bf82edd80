import { CONNECTOR, ConnectApi, SLOT } from '@effectively-once/console/connector/connect-api';
import { waitUntil } from '@effectively-once/testing';
import { readSamples } from '@effectively-once/testing/metrics';
import pg from 'pg';

/**
 * Fault injection between the outbox and the topic: the mistakes that an operator can make with the
 * connector and its replication slot.
 */

export interface PipelineAddresses {
  /** Of any database of the server. The functions connect to the payments database. */
  superuserUrl: string;
  connectUrl: string;
  /** The console watches the slot and exports what it sees as metrics. */
  consoleUrl: string;
}

/** Unread events before the slot moves. With fewer, a loss could go unnoticed. */
const UNREAD_MIN = 5;

export async function deleteConnector({ connectUrl }: PipelineAddresses): Promise<void> {
  const response = await fetch(`${connectUrl}/connectors/${CONNECTOR}`, { method: 'DELETE' });
  if (!response.ok) throw new Error(`Connect answered ${response.status}`);
}

/** Waits until the console has registered the connector again. */
export async function untilRegistered({ connectUrl }: PipelineAddresses): Promise<void> {
  const connect = new ConnectApi(connectUrl);
  await waitUntil('another connector', async () => (await connect.status()) !== 'missing');
}

/** Terminates the connector's connection first, because PostgreSQL does not drop an active slot. */
export async function dropSlot(pipeline: PipelineAddresses): Promise<void> {
  await withClient(pipeline, async (client) => {
    await untilFree(client);
    await client.query('SELECT pg_drop_replication_slot($1)', [SLOT]);
  });
}

/**
 * Moves the slot past events that the connector has not read, so that Debezium does not notice it.
 * Debezium notices if restart_lsn is beyond its stored offset. An open transaction holds
 * restart_lsn back, as a long transaction in production does. Payments must arrive meanwhile.
 *
 * @param watched true: wait until the console has seen the inactive slot (within a second).
 */
export async function moveSlot(pipeline: PipelineAddresses, watched: boolean): Promise<void> {
  await withClient(pipeline, async (client) => {
    await withClient(pipeline, async (open) => {
      await open.query('BEGIN');
      // The message writes the transaction to the WAL. Otherwise logical decoding ignores it.
      const { rows } = await open.query<{ lsn: string }>(
        `SELECT pg_logical_emit_message(true, 'open', '') AS lsn`,
      );
      await waitUntil('the connector to confirm beyond the open transaction', async () => {
        const slot = await one(client, 'confirmed_flush_lsn > $2::pg_lsn AS done', [rows[0]?.lsn]);
        return slot['done'] === true;
      });
      await untilFree(client);
      const before = await outboxRows(client);
      await waitUntil(
        'unread events in the outbox',
        async () => (await outboxRows(client)) >= before + UNREAD_MIN,
      );
      if (watched) await untilSeenUnread(pipeline);
      await client.query('SELECT pg_replication_slot_advance($1, pg_current_wal_lsn())', [SLOT]);
      await open.query('ROLLBACK');
    });
  });
}

/**
 * Makes PostgreSQL invalidate the slot, as it does when the slot retains more WAL than
 * `max_slot_wal_keep_size`. Stop the connector first: a running one does not lag that far here.
 */
export async function loseSlot(pipeline: PipelineAddresses): Promise<void> {
  await withClient(pipeline, async (client) => {
    await client.query(`ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'`);
    await client.query('SELECT pg_reload_conf()');
    try {
      await waitUntil('the slot to be invalidated', async () => {
        // PostgreSQL removes only whole WAL segments, and only at a checkpoint.
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

/** Waits until Connect reports the connector as STOPPED. */
export async function untilStopped({ connectUrl }: PipelineAddresses): Promise<void> {
  const connect = new ConnectApi(connectUrl);
  await waitUntil('the connector to be stopped', async () => {
    const status = await connect.status();
    return status !== 'missing' && status.connector.state === 'STOPPED';
  });
}

/**
 * Terminates the connector's connection, as a network fault does. Debezium reconnects after 10 s.
 */
export async function terminateWalSender(pipeline: PipelineAddresses): Promise<void> {
  await withClient(pipeline, untilFree);
}

async function untilFree(client: pg.Client): Promise<void> {
  await waitUntil('the slot to be free', async () => {
    const slot = await one(client, 'active, pg_terminate_backend(active_pid)');
    return slot['active'] === false;
  });
}

async function untilSeenUnread({ consoleUrl }: PipelineAddresses): Promise<void> {
  await waitUntil('the console to see that the slot is inactive', async () => {
    const [active] = await readSamples(consoleUrl, 'cdc_slot_active');
    return active?.value === 0;
  });
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
  { superuserUrl }: PipelineAddresses,
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
