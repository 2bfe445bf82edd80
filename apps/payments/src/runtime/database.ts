import type { Client, Pool } from 'pg';
import {
  DataSource,
  EventSubscriber,
  type AfterQueryEvent,
  type EntitySubscriberInterface,
} from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { Payments1795219200001 } from '../migrations/1795219200001-payments.js';
import { Outbox1795219200002 } from '../migrations/1795219200002-outbox.js';
import { OutboxDays1795219200003 } from '../migrations/1795219200003-outbox-days.js';
import { PspOutages1795219200004 } from '../migrations/1795219200004-psp-outages.js';
import { Refunds1795219200005 } from '../migrations/1795219200005-refunds.js';
import { NoWayBack1795219200006 } from '../migrations/1795219200006-no-way-back.js';
import { CompletedByDay1795219200007 } from '../migrations/1795219200007-completed-by-day.js';
import { OutboxDaysUntilRead1795219200008 } from '../migrations/1795219200008-outbox-days-until-read.js';
import { Payment } from '../payment/payment.entity.js';

const POOL_MAX = 10;
const STATEMENT_TIMEOUT_MS = 5_000;
const LOCK_TIMEOUT_MS = 2_000;
const CONNECT_TIMEOUT_MS = 3_000;
// Longer than the server lets a statement run: who has not answered by then is not there any more.
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 2_000;

/** The payments database: entities, migrations and every connection limit, for the app and for migrating. */
export function paymentsDataSource(options: { url: string; poolMax?: number }): DataSource {
  return new DataSource({
    type: 'postgres',
    url: options.url,
    applicationName: 'payments',
    entities: [Payment],
    // No `schema` option: TypeORM would want its own table in a schema the first migration makes.
    migrations: [
      Payments1795219200001,
      Outbox1795219200002,
      OutboxDays1795219200003,
      PspOutages1795219200004,
      Refunds1795219200005,
      NoWayBack1795219200006,
      CompletedByDay1795219200007,
      OutboxDaysUntilRead1795219200008,
    ],
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
      onConnect: hearErrors,
    },
  });
}

// TypeORM listens to a connection's errors a moment after it got it. A server that dies in that moment
// would end this process with an error that nobody heard; heard, the connection's next use fails.
const hearErrors = (client: Client) => void client.on('error', () => undefined);

/**
 * The driver gives up waiting for an answer and keeps the connection it did not come on; TypeORM would hand
 * it out again, and the next statement wait behind the one that was never answered. (`pg`'s own
 * `pool.query` drops it.)
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

/**
 * TypeORM's own pool, for the named statements of the hot path: parsed once per connection, no query
 * runner, and one round trip instead of BEGIN, statement, COMMIT.
 */
export const pool = (dataSource: DataSource): Pool =>
  (dataSource.driver as PostgresDriver).master as Pool;
