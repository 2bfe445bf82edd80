import { addresses } from '../../../stack/addresses.js';
import type { Environment } from '../../../stack/environment.js';

/** As the superuser: the generated rows are written by no app. */
export function databaseUrl(
  { settings }: Environment,
  name: 'payments' | 'loyalty' | 'console',
): string {
  const { POSTGRES_PASSWORD, POSTGRES_PORT } = settings;
  return `postgres://postgres:${POSTGRES_PASSWORD}@127.0.0.1:${POSTGRES_PORT}/${name}`;
}

export const kafkaBrokers = (environment: Environment): string[] =>
  String(addresses(environment, { journalFolder: '' }).KAFKA_BROKERS).split(',');

export const elasticsearchUrl = (environment: Environment): string =>
  String(addresses(environment, { journalFolder: '' }).ELASTICSEARCH_URL);
