import { addresses, type Variable } from './addresses.js';
import type { Environment } from './environment.js';

export const APPS = ['third-parties', 'payments', 'email', 'loyalty', 'search', 'console'] as const;
export type AppName = (typeof APPS)[number];

/** The variables that each app reads at start. An app gets only the passwords that it needs. */
const READS: Record<AppName, readonly Variable[]> = {
  'third-parties': [
    'THIRD_PARTIES_PORT',
    'PSP_PORT',
    'SMTP_PORT',
    'JOURNAL_DIR',
    'PSP_SECRET_KEY',
    'PSP_WEBHOOK_SECRET',
    'PAYMENTS_WEBHOOK_URL',
  ],
  payments: [
    'PAYMENTS_PORT',
    'PAYMENTS_DATABASE_URL',
    'AUTH_JWT_SECRET',
    'SERVICE_TOKEN',
    'PSP_URL',
    'PSP_SECRET_KEY',
    'PSP_WEBHOOK_SECRET',
    'RATE_LIMIT_PER_S',
    'RATE_LIMIT_BURST',
    'PAYMENT_COMPLETED_VERSION',
    'SHOP_ORIGINS',
  ],
  email: [
    'EMAIL_PORT',
    'KAFKA_BROKERS',
    'REDIS_URL',
    'SMTP_URL',
    'MAIL_PROVIDER_URL',
    'PAYMENTS_URL',
    'SERVICE_TOKEN',
    'CONSUMER_STATE_TOKEN',
  ],
  loyalty: [
    'LOYALTY_PORT',
    'KAFKA_BROKERS',
    'LOYALTY_DATABASE_URL',
    'AUTH_JWT_SECRET',
    'CONSUMER_STATE_TOKEN',
  ],
  search: [
    'SEARCH_PORT',
    'KAFKA_BROKERS',
    'ELASTICSEARCH_URL',
    'AUTH_JWT_SECRET',
    'CONSUMER_STATE_TOKEN',
  ],
  console: [
    'PAYMENTS_URL',
    'CONSUMER_STATE_TOKEN',
    'EMAIL_URL',
    'LOYALTY_URL',
    'SEARCH_URL',
    'CONSOLE_PORT',
    'CONSOLE_DATABASE_URL',
    'AUTH_JWT_SECRET',
    'AUDITOR_PAYMENTS_URL',
    'AUDITOR_LOYALTY_URL',
    'AUDITOR_CONSOLE_URL',
    'KAFKA_BROKERS',
    'REDIS_URL',
    'ELASTICSEARCH_URL',
    'CONNECT_URL',
    'THIRD_PARTIES_URL',
    'DEBEZIUM_DATABASE_URL',
    'PAYMENTS_PUBLIC_URL',
    'DEMO_CONTROLS',
    'LABS_FOLDER',
  ],
};

/**
 * The whole environment of one app: its own variables, and those of the caller that the system does
 * not define (PATH, HOME, optional limits of an app). Variables that silently change a library are
 * left out.
 */
export function appEnvironment(
  app: AppName,
  environment: Environment,
  options: { journalFolder: string },
): Record<string, string> {
  const known = addresses(environment, options);
  const own = Object.entries(environment.given).filter(
    ([name]) =>
      !(name in known) && !(name in environment.settings) && !LIBRARY_VARIABLES.test(name),
  );
  const read = READS[app].map((name) => [name, known[name]] as const);
  return Object.fromEntries(
    [...own, ['NODE_ENV', environment.settings.NODE_ENV] as const, ...read].filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
}

// The variables of libpq would redirect a database connection. NODE_OPTIONS can load a debugger or
// a test hook.
const LIBRARY_VARIABLES = /^(PG[A-Z]+|NODE_OPTIONS|npm_.*)$/;
