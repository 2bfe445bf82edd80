import { Client } from 'pg';
import { PAYMENT_COMPLETED_SCHEMA, PAYMENT_COMPLETED_TYPE } from '@effectively-once/contracts';

const ROWS_PER_STATEMENT = 100;

const TABLE = `
  CREATE SCHEMA payments;
  CREATE TABLE payments.outbox (
    event_id uuid PRIMARY KEY, specversion text, topic text, partition_key text, event_type text,
    subject text, occurred_at timestamptz(3), data_schema text, traceparent text, payload text);
  CREATE PUBLICATION payments_outbox FOR TABLE payments.outbox WITH (publish = 'insert')`;

/** A database with an outbox like that of payments, which nothing else writes to. */
export class OutboxDatabase {
  private constructor(
    readonly name: string,
    private readonly client: Client,
  ) {}

  static async create(postgresUrl: string, name: string): Promise<OutboxDatabase> {
    const admin = new Client({ connectionString: postgresUrl });
    await admin.connect();
    try {
      await admin.query(`CREATE DATABASE ${name}`);
    } finally {
      await admin.end();
    }
    const url = new URL(postgresUrl);
    url.pathname = `/${name}`;
    const client = new Client({ connectionString: url.href });
    await client.connect();
    await client.query(TABLE);
    return new OutboxDatabase(name, client);
  }

  /** Many transactions of up to 100 events. */
  async insert(count: number): Promise<void> {
    for (let left = count; left > 0; left -= ROWS_PER_STATEMENT) {
      await this.client.query(
        `INSERT INTO payments.outbox
         SELECT gen_random_uuid(), '1.0', 'payment.completed', 'user-' || n % 50, $1, n::text, now(),
           $2, '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', repeat('x', 250)
         FROM generate_series(1, $3::int) AS n`,
        [PAYMENT_COMPLETED_TYPE, PAYMENT_COMPLETED_SCHEMA, Math.min(left, ROWS_PER_STATEMENT)],
      );
    }
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}
