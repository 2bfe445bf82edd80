import type { Sources } from '@effectively-once/audit';
import { addresses } from '../../stack/addresses.js';
import type { Environment } from '../../stack/environment.js';
import { appUrl } from './app-url.js';

/** The addresses of every store that the auditor reads, as seen from this machine. */
export function auditSources(environment: Environment): Sources {
  const at = addresses(environment, { journalFolder: '' });
  return {
    paymentsUrl: at.AUDITOR_PAYMENTS_URL ?? '',
    loyaltyUrl: at.AUDITOR_LOYALTY_URL ?? '',
    consoleUrl: at.AUDITOR_CONSOLE_URL ?? '',
    kafkaBrokers: (at.KAFKA_BROKERS ?? '').split(','),
    redisUrl: at.REDIS_URL ?? '',
    elasticsearchUrl: at.ELASTICSEARCH_URL ?? '',
    thirdPartiesUrl: at.THIRD_PARTIES_URL ?? '',
    consumerUrls: {
      email: appUrl(environment, 'EMAIL'),
      loyalty: appUrl(environment, 'LOYALTY'),
      search: appUrl(environment, 'SEARCH'),
    },
  };
}
