import type { Logger } from '@effectively-once/platform';
import { newClient } from '@effectively-once/postgres/connections';
import type { Client } from 'pg';

/** The key of the advisory lock. No other lock in the console database uses it. */
const LOCK = 815_001;
const STATEMENT_TIMEOUT_MS = 2_000;

/**
 * Leader election between consoles with an advisory lock in the console database, so that only one
 * console repairs the connector. The lock is a lease that lives as long as its session: PostgreSQL
 * releases it when that console dies, and another console acquires it. Without the database no
 * console acts.
 */
export class SupervisorLock {
  private session: Client | undefined;

  constructor(
    private readonly databaseUrl: string,
    private readonly logger: Pick<Logger, 'info'>,
  ) {}

  /**
   * Returns true if this console has the lock, after it has tried to acquire it. It queries the
   * session on every call, because the client may not know that its session has ended.
   */
  async tryAcquire(): Promise<boolean> {
    if (this.session) {
      try {
        await this.session.query('SELECT 1');
        return true;
      } catch {
        // The session has ended, and with it the lock. Another console may have it by now.
        await this.release();
      }
    }
    return await this.acquire();
  }

  async release(): Promise<void> {
    const session = this.session;
    this.session = undefined;
    // end() fails on a cut connection. PostgreSQL has released the lock in that case.
    await session?.end().catch(() => undefined);
  }

  private async acquire(): Promise<boolean> {
    const session = newClient({
      connectionString: this.databaseUrl,
      applicationName: 'connector supervision',
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      queryTimeoutMs: STATEMENT_TIMEOUT_MS,
    });
    try {
      await session.connect();
      const { rows } = await session.query<{ ours: boolean }>(
        'SELECT pg_try_advisory_lock($1) AS ours',
        [LOCK],
      );
      if (rows[0]?.ours) {
        this.session = session;
        this.logger.info('this console supervises the connector');
        return true;
      }
    } catch {
      // Without the database there is no lock. The next call tries again.
    }
    await session.end().catch(() => undefined);
    return false;
  }
}
