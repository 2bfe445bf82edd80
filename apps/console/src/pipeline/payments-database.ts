import {
  CONNECT_TIMEOUT_MS,
  QUERY_TIMEOUT_MS,
  STATEMENT_TIMEOUT_MS,
} from '@effectively-once/postgres';
import type { OnModuleDestroy } from '@nestjs/common';
import { Pool } from 'pg';

const POOL_MAX = 2;

/** Runs one statement in the payments database, as role auditor. */
export type Query = (sql: string, parameters?: unknown[]) => Promise<Record<string, unknown>[]>;

/** Reads the payments database, as role auditor. */
export class PaymentsDatabase implements OnModuleDestroy {
  private readonly pool: Pool;

  constructor(url: string) {
    this.pool = new Pool({
      connectionString: url,
      application_name: 'console',
      max: POOL_MAX,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
    });
    // The pool replaces a cut connection. An 'error' event without a listener would end the
    // process.
    this.pool.on('error', () => undefined);
  }

  async query(sql: string, parameters: unknown[] = []): Promise<Record<string, unknown>[]> {
    const { rows } = await this.pool.query<Record<string, unknown>>(sql, parameters);
    return rows;
  }

  async onModuleDestroy(): Promise<void> {
    await this.pool.end();
  }
}
