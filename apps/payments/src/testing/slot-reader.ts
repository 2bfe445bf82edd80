import { randomBytes } from 'node:crypto';
import { waitUntil } from '@effectively-once/testing';
import { Client } from 'pg';

/** A connector as PostgreSQL sees it: a slot that a replication connection reads. */
export class SlotReader {
  /** Slot names are unique per server, and the connector of the stack has the usual name. */
  readonly slot = `test_${randomBytes(4).toString('hex')}`;
  private connection: Client | undefined;

  constructor(
    private readonly admin: Client,
    private readonly url: string,
  ) {}

  async create(): Promise<void> {
    await this.admin.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [
      this.slot,
    ]);
  }

  async drop(): Promise<void> {
    await this.stop();
    await this.admin.query(
      `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1`,
      [this.slot],
    );
  }

  /** Reads, and confirms nothing. */
  async start(): Promise<void> {
    const connection = new Client({
      connectionString: this.url,
      replication: 'database',
    } as object);
    await connection.connect();
    connection.on('error', () => undefined);
    // It is answered only at its end.
    connection
      .query(
        `START_REPLICATION SLOT ${this.slot} LOGICAL 0/0
           (proto_version '1', publication_names 'payments_outbox')`,
      )
      .catch(() => undefined);
    this.connection = connection;
    await this.isActive(true);
  }

  async stop(): Promise<void> {
    await this.connection?.end();
    this.connection = undefined;
    await this.isActive(false);
  }

  /** Confirms all rows until now. Only while it does not read. */
  async confirm(): Promise<void> {
    // A server logs its running transactions every 15 s while it works. Only these records move the
    // slot's catalog_xmin on.
    await this.admin.query('SELECT pg_log_standby_snapshot()');
    // Its commit flushes the log. Only flushed records can be confirmed.
    await this.admin.query(`SELECT pg_logical_emit_message(true, 'test', '')`);
    await this.admin.query('SELECT pg_replication_slot_advance($1, pg_current_wal_lsn())', [
      this.slot,
    ]);
  }

  private async isActive(wanted: boolean): Promise<void> {
    await waitUntil(`slot ${this.slot} to be ${wanted ? 'read' : 'left'}`, async () => {
      const { rows } = await this.admin.query<{ active: boolean }>(
        'SELECT active FROM pg_replication_slots WHERE slot_name = $1',
        [this.slot],
      );
      return (rows[0]?.active ?? false) === wanted;
    });
  }
}
