import { postgresOptions } from '@effectively-once/postgres';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { Payments0001 } from '../migrations/0001-payments.js';
import { Outbox0002 } from '../migrations/0002-outbox.js';
import { Refunds0003 } from '../migrations/0003-refunds.js';
import { PspOutages0004 } from '../migrations/0004-psp-outages.js';
import { FindPayments0005 } from '../migrations/0005-find-payments.js';
import { UserIds0006 } from '../migrations/0006-user-ids.js';
import { RefundStates0007 } from '../migrations/0007-refund-states.js';
import { ClosedRefunds0008 } from '../migrations/0008-closed-refunds.js';
import { Payment } from '../payment/payment.entity.js';

/** The payments database, for the app and for the migrations. */
export function paymentsDataSource(options: { url: string; poolMax?: number }): DataSource {
  return new DataSource({
    ...postgresOptions({ ...options, applicationName: 'payments' }),
    entities: [Payment],
    // No `schema` option: TypeORM would look for its own table in a schema that the first migration
    // has not created yet.
    migrations: [
      Payments0001,
      Outbox0002,
      Refunds0003,
      PspOutages0004,
      FindPayments0005,
      UserIds0006,
      RefundStates0007,
      ClosedRefunds0008,
    ],
  });
}

/**
 * The pool below TypeORM, for the named statements of the hot path. PostgreSQL parses them once per
 * connection, and each is one round trip instead of BEGIN, statement, COMMIT.
 */
export const pool = (dataSource: DataSource): Pool =>
  (dataSource.driver as PostgresDriver).master as Pool;
