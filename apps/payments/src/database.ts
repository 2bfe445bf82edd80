import type { Client, Pool } from 'pg';
import { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { Payments1795219200001 } from './migrations/1795219200001-payments.js';
import { Outbox1795219200002 } from './migrations/1795219200002-outbox.js';
import { OutboxDays1795219200003 } from './migrations/1795219200003-outbox-days.js';
import { PspOutages1795219200004 } from './migrations/1795219200004-psp-outages.js';
import { Refunds1795219200005 } from './migrations/1795219200005-refunds.js';
import { NoWayBack1795219200006 } from './migrations/1795219200006-no-way-back.js';
import { CompletedByDay1795219200007 } from './migrations/1795219200007-completed-by-day.js';
import { OutboxDaysUntilRead1795219200008 } from './migrations/1795219200008-outbox-days-until-read.js';
import { Payment } from './payment.entity.js';

const POOL_MAX = 10;
const STATEMENT_TIMEOUT_MS = 5_000;
const LOCK_TIMEOUT_MS = 2_000;
const CONNECT_TIMEOUT_MS = 3_000;

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
    extra: {
      statement_timeout: STATEMENT_TIMEOUT_MS,
      lock_timeout: LOCK_TIMEOUT_MS,
      onConnect: hearErrors,
    },
  });
}

// TypeORM listens to a connection's errors a moment after it got it. A server that dies in that moment
// would end this process with an error that nobody heard; heard, the connection's next use fails.
const hearErrors = (client: Client) => void client.on('error', () => undefined);

/**
 * TypeORM's own pool, for the named statements of the hot path: parsed once per connection, no query
 * runner, and one round trip instead of BEGIN, statement, COMMIT.
 */
export const pool = (dataSource: DataSource): Pool =>
  (dataSource.driver as PostgresDriver).master as Pool;
