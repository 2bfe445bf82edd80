import { DataSource } from 'typeorm';
import { Points1795219200001 } from './migrations/1795219200001-points.js';
import { Account, PointsEntry } from './points.entity.js';

const POOL_MAX = 10;
const STATEMENT_TIMEOUT_MS = 5_000;
const LOCK_TIMEOUT_MS = 2_000;
const CONNECT_TIMEOUT_MS = 3_000;

/** The loyalty database: entities, migrations and every connection limit, for the app and for migrating. */
export function loyaltyDataSource(options: { url: string; poolMax?: number }): DataSource {
  return new DataSource({
    type: 'postgres',
    url: options.url,
    applicationName: 'loyalty',
    entities: [Account, PointsEntry],
    // No `schema` option: TypeORM would want its own table in a schema the first migration makes.
    migrations: [Points1795219200001],
    migrationsTableName: 'migrations',
    // Tables change by migration only: a service that may alter its own tables can lose them.
    synchronize: false,
    poolSize: options.poolMax ?? POOL_MAX,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    extra: { statement_timeout: STATEMENT_TIMEOUT_MS, lock_timeout: LOCK_TIMEOUT_MS },
  });
}
