import { z } from 'zod';
import type { Sources } from './stores.js';

const address = z.string().min(1);
const environment = z.object({
  AUDITOR_PAYMENTS_URL: address,
  AUDITOR_LOYALTY_URL: address,
  AUDITOR_CONSOLE_URL: address,
  KAFKA_BROKERS: z.array(address).or(address.transform((brokers) => brokers.split(','))),
  REDIS_URL: address,
  ELASTICSEARCH_URL: address,
  THIRD_PARTIES_URL: address,
  EMAIL_URL: address,
  LOYALTY_URL: address,
  SEARCH_URL: address,
});

/**
 * The addresses of every store that the auditor reads, from variables with these names.
 * @throws ZodError naming each variable that is missing.
 */
export function sourcesOf(variables: Record<string, unknown>): Sources {
  const at = environment.parse(variables);
  return {
    paymentsUrl: at.AUDITOR_PAYMENTS_URL,
    loyaltyUrl: at.AUDITOR_LOYALTY_URL,
    consoleUrl: at.AUDITOR_CONSOLE_URL,
    kafkaBrokers: at.KAFKA_BROKERS,
    redisUrl: at.REDIS_URL,
    elasticsearchUrl: at.ELASTICSEARCH_URL,
    thirdPartiesUrl: at.THIRD_PARTIES_URL,
    consumerUrls: { email: at.EMAIL_URL, loyalty: at.LOYALTY_URL, search: at.SEARCH_URL },
  };
}
