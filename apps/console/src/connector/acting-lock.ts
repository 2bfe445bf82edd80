import type { Logger } from '@effectively-once/platform';
import { Client } from 'pg';

/** Any number, as long as nobody else in the console database uses it. */
const LOCK = 815_001;
const CONNECT_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 2_000;

/**
 * One console acts, however many there are: an advisory lock in the console database, held as long as its
 * session lives. PostgreSQL frees it when that console dies, and then another one gets it. Without the
 * database nobody acts; there would be nothing to connect to.
 */
export class ActingLock {
  private session: Client | undefined;

  constructor(
    private readonly databaseUrl: string,
    private readonly logger: Pick<Logger, 'info'>,
  ) {}

  /** Asks the session each time: what it does not know is that it has ended. */
  async isOurs(): Promise<boolean> {
    if (this.session) {
      try {
        await this.session.query('SELECT 1');
        return true;
      } catch {
        // The lock is gone with its session; somebody else may have it by now.
        await this.release();
      }
    }
    return await this.acquire();
  }

  async release(): Promise<void> {
    const session = this.session;
    this.session = undefined;
    // A session that is cut off already cannot be ended in order.
    await session?.end().catch(() => undefined);
  }

  private async acquire(): Promise<boolean> {
    const session = new Client({
      connectionString: this.databaseUrl,
      application_name: 'connector care',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: STATEMENT_TIMEOUT_MS,
    });
    // Heard at the next query; unheard, it would end the process.
    session.on('error', () => undefined);
    try {
      await session.connect();
      const { rows } = await session.query<{ ours: boolean }>(
        'SELECT pg_try_advisory_lock($1) AS ours',
        [LOCK],
      );
      if (rows[0]?.ours) {
        this.session = session;
        this.logger.info('this console looks after the connector');
        return true;
      }
    } catch {
      // No database, no lock; asked again when there is something to do.
    }
    await session.end().catch(() => undefined);
    return false;
  }
}
