import type { Client } from 'pg';
import {
  DataSource,
  EventSubscriber,
  type AfterQueryEvent,
  type EntitySubscriberInterface,
} from 'typeorm';
import { Console1795219200001 } from './migrations/1795219200001-console.js';
import { DeadLetters1795219200002 } from './migrations/1795219200002-dead-letters.js';
import { DailyTotals1795219200010 } from './migrations/1795219200010-daily-totals.js';

const POOL_MAX = 10;
const STATEMENT_TIMEOUT_MS = 5_000;
const LOCK_TIMEOUT_MS = 2_000;
const CONNECT_TIMEOUT_MS = 3_000;
// Longer than the server lets a statement run: who has not answered by then is not there any more.
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 2_000;

/** The console database: entities, migrations and every connection limit, for the app and for migrating. */
export function consoleDataSource(options: { url: string; poolMax?: number }): DataSource {
  return new DataSource({
    type: 'postgres',
    url: options.url,
    schema: 'console',
    applicationName: 'console',
    entities: [],
    migrations: [Console1795219200001, DeadLetters1795219200002, DailyTotals1795219200010],
    migrationsTableName: 'migrations',
    // Tables change by migration only: a service that may alter its own tables can lose them.
    synchronize: false,
    poolSize: options.poolMax ?? POOL_MAX,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    subscribers: [HangUpOnSilence],
    extra: {
      statement_timeout: STATEMENT_TIMEOUT_MS,
      lock_timeout: LOCK_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
    },
  });
}

/**
 * The driver gives up waiting for an answer and keeps the connection it did not come on; TypeORM would hand
 * it out again, and the next statement wait behind the one that was never answered.
 */
@EventSubscriber()
class HangUpOnSilence implements EntitySubscriberInterface {
  async afterQuery({ error, queryRunner }: AfterQueryEvent): Promise<void> {
    if ((error as Error | undefined)?.message !== 'Query read timeout') return;
    const connection = (await queryRunner.connect()) as Client;
    // Not awaited: with a statement under way it cuts the connection, and the pool drops what ended.
    void connection.end();
  }
}
