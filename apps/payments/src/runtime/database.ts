import { postgresOptions } from '@effectively-once/postgres';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';
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

/** The payments database, for the app and for the migrations. */
export function paymentsDataSource(options: { url: string; poolMax?: number }): DataSource {
  return new DataSource({
    ...postgresOptions({ ...options, applicationName: 'payments' }),
    entities: [Payment],
    // No `schema` option: TypeORM would look for its own table in a schema that the first migration
    // has not created yet.
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
  });
}

/**
 * TypeORM's own pool, for the named statements of the hot path: parsed once per connection, no
 * query runner, and one round trip instead of BEGIN, statement, COMMIT.
 */
export const pool = (dataSource: DataSource): Pool =>
  (dataSource.driver as PostgresDriver).master as Pool;
