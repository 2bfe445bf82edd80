import type { Client } from 'pg';

const SLOT = 'payments_outbox';

/** Whether the connector has confirmed everything before a position of the log. */
export async function slotHasPassed(client: Client, walPosition: string): Promise<boolean> {
  const { rows } = await client.query<{ passed: boolean | null }>(
    `SELECT confirmed_flush_lsn >= $2::pg_lsn AS passed
       FROM pg_replication_slots WHERE slot_name = $1`,
    [SLOT, walPosition],
  );
  return rows[0]?.passed === true;
}
