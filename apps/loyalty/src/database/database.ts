import { CONNECT_TIMEOUT_MS, postgresOptions, QUERY_TIMEOUT_MS } from '@effectively-once/postgres';
import { DataSource } from 'typeorm';
import { Points1795219200001 } from '../migrations/1795219200001-points.js';
import { Account, PointsEntry } from '../points/points.entity.js';

/** The longest time that an attempt waits for the database. */
export const EFFECT_TIMEOUT_MS = CONNECT_TIMEOUT_MS + QUERY_TIMEOUT_MS;

/** The loyalty database, for the app and for the migrations. */
export function loyaltyDataSource(options: {
  url: string;
  poolMax?: number;
  queryTimeoutMs?: number;
}): DataSource {
  return new DataSource({
    ...postgresOptions({ ...options, applicationName: 'loyalty' }),
    entities: [Account, PointsEntry],
    // No `schema` option: TypeORM would look for its own table in a schema that the first migration
    // has not created yet.
    migrations: [Points1795219200001],
  });
}
