import { newPool } from '@effectively-once/postgres/connections';
import type { OnModuleDestroy } from '@nestjs/common';
import type { Pool } from 'pg';

const POOL_MAX = 2;

/** Runs one statement in the payments database, as role auditor. */
export type Query = (sql: string, parameters?: unknown[]) => Promise<Record<string, unknown>[]>;

/** Reads the payments database, as role auditor. */
export class PaymentsDatabase implements OnModuleDestroy {
  private readonly pool: Pool;

  constructor(url: string) {
    this.pool = newPool({ connectionString: url, applicationName: 'console', max: POOL_MAX });
  }

  async query(sql: string, parameters: unknown[] = []): Promise<Record<string, unknown>[]> {
    const { rows } = await this.pool.query<Record<string, unknown>>(sql, parameters);
    return rows;
  }

  async onModuleDestroy(): Promise<void> {
    await this.pool.end();
  }
}
