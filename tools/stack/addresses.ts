import { join } from 'node:path';
import { repositoryRoot } from '../repository-root.js';
import type { Environment, Settings } from './environment.js';

/** Where `npm run lab` leaves its receipts. The control room shows them. */
export const LABS_FOLDER = join(repositoryRoot, '.stack', 'labs');

export type Variable = keyof ReturnType<typeof derived>;

/**
 * Every address and secret that an app may read, as seen from this machine. (docker-compose.yml has
 * the same variables with container names.) A variable of the caller's environment wins: a test
 * that puts a proxy in front of a store passes the proxy's address this way.
 */
export function addresses(
  { settings, given }: Environment,
  options: { journalFolder: string },
): Record<Variable, string | undefined> {
  const values = derived(settings, options.journalFolder);
  const overridden = Object.entries(given).filter(([name]) => name in values);
  return { ...values, ...Object.fromEntries(overridden) };
}

/** The superuser's login at one database: for tests and benchmarks, and for no app. */
export const superuserUrl = (
  { settings }: Pick<Environment, 'settings'>,
  database: string,
): string =>
  `postgres://postgres:${settings.POSTGRES_PASSWORD}@127.0.0.1:${settings.POSTGRES_PORT}/${database}`;

export const kafkaBrokers = (environment: Environment): string[] =>
  String(addresses(environment, { journalFolder: '' }).KAFKA_BROKERS).split(',');

function derived(settings: Settings, journalFolder: string) {
  const http = (port: number) => `http://127.0.0.1:${port}`;
  const database = (name: string, user: string, password: string) =>
    `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${settings.POSTGRES_PORT}/${name}`;
  return {
    PAYMENTS_PORT: String(settings.PAYMENTS_PORT),
    EMAIL_PORT: String(settings.EMAIL_PORT),
    LOYALTY_PORT: String(settings.LOYALTY_PORT),
    SEARCH_PORT: String(settings.SEARCH_PORT),
    CONSOLE_PORT: String(settings.CONSOLE_PORT),
    THIRD_PARTIES_PORT: String(settings.THIRD_PARTIES_PORT),
    PSP_PORT: String(settings.PSP_PORT),
    SMTP_PORT: String(settings.SMTP_PORT),
    AUTH_JWT_SECRET: settings.AUTH_JWT_SECRET,
    SERVICE_TOKEN: settings.SERVICE_TOKEN,
    CONSUMER_STATE_TOKEN: settings.CONSUMER_STATE_TOKEN,
    PSP_SECRET_KEY: settings.PSP_SECRET_KEY,
    PSP_WEBHOOK_SECRET: settings.PSP_WEBHOOK_SECRET,
    JOURNAL_DIR: journalFolder,
    // Unset: the app uses its default, unless the caller sets the variable.
    RATE_LIMIT_PER_S: undefined,
    RATE_LIMIT_BURST: undefined,
    PAYMENT_COMPLETED_VERSION: undefined,
    PAYMENTS_DATABASE_URL: database('payments', 'payments_app', settings.PAYMENTS_APP_PASSWORD),
    LOYALTY_DATABASE_URL: database('loyalty', 'loyalty_app', settings.LOYALTY_APP_PASSWORD),
    CONSOLE_DATABASE_URL: database('console', 'console_app', settings.CONSOLE_APP_PASSWORD),
    AUDITOR_PAYMENTS_URL: database('payments', 'auditor', settings.AUDITOR_PASSWORD),
    AUDITOR_LOYALTY_URL: database('loyalty', 'auditor', settings.AUDITOR_PASSWORD),
    AUDITOR_CONSOLE_URL: database('console', 'auditor', settings.AUDITOR_PASSWORD),
    DEBEZIUM_DATABASE_URL: database('payments', 'debezium', settings.DEBEZIUM_PASSWORD),
    KAFKA_BROKERS: `127.0.0.1:${settings.KAFKA_PORT}`,
    REDIS_URL: `redis://127.0.0.1:${settings.REDIS_PORT}`,
    ELASTICSEARCH_URL: http(settings.ELASTICSEARCH_PORT),
    CONNECT_URL: http(settings.CONNECT_PORT),
    SMTP_URL: `smtp://127.0.0.1:${settings.SMTP_PORT}`,
    PSP_URL: http(settings.PSP_PORT),
    PAYMENTS_URL: http(settings.PAYMENTS_PORT),
    EMAIL_URL: http(settings.EMAIL_PORT),
    LOYALTY_URL: http(settings.LOYALTY_PORT),
    SEARCH_URL: http(settings.SEARCH_PORT),
    PAYMENTS_PUBLIC_URL: http(settings.PAYMENTS_PORT),
    SHOP_ORIGINS: ['localhost', '127.0.0.1']
      .map((host) => `http://${host}:${settings.CONSOLE_PORT}`)
      .join(),
    DEMO_CONTROLS: settings.DEMO_CONTROLS,
    LABS_FOLDER,
    PAYMENTS_WEBHOOK_URL: `${http(settings.PAYMENTS_PORT)}/v1/psp/webhooks`,
    THIRD_PARTIES_URL: http(settings.THIRD_PARTIES_PORT),
    MAIL_PROVIDER_URL: http(settings.THIRD_PARTIES_PORT),
  };
}
