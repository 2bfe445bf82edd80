import type { Sources } from '@effectively-once/audit';
import { addresses } from '../addresses.js';
import type { Environment } from '../environment.js';

/** Where the auditor finds every store of the running system, as seen from this machine. */
export function auditSources(environment: Environment): Sources {
  const at = addresses(environment, { journalFolder: '' });
  return {
    paymentsUrl: at.AUDITOR_PAYMENTS_URL ?? '',
    loyaltyUrl: at.AUDITOR_LOYALTY_URL ?? '',
    kafkaBrokers: (at.KAFKA_BROKERS ?? '').split(','),
    redisUrl: at.REDIS_URL ?? '',
    elasticsearchUrl: at.ELASTICSEARCH_URL ?? '',
    thirdPartiesUrl: at.THIRD_PARTIES_URL ?? '',
  };
}
