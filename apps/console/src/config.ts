import {
  brokerList,
  databaseUrl,
  failurePointsFolder,
  httpUrl,
  nodeEnv,
  port,
} from '@effectively-once/platform';
import { z } from 'zod';

export const consoleConfig = z.object({
  NODE_ENV: nodeEnv,
  CONSOLE_PORT: port,
  CONSOLE_DATABASE_URL: databaseUrl,
  AUTH_JWT_SECRET: z.string().min(32),
  AUDITOR_PAYMENTS_URL: databaseUrl,
  AUDITOR_LOYALTY_URL: databaseUrl,
  AUDITOR_CONSOLE_URL: databaseUrl,
  KAFKA_BROKERS: brokerList,
  REDIS_URL: z.url({ protocol: /^rediss?$/ }),
  ELASTICSEARCH_URL: httpUrl,
  THIRD_PARTIES_URL: httpUrl,
  /** The audit reads only the metrics of the consumers. */
  EMAIL_URL: httpUrl,
  LOYALTY_URL: httpUrl,
  SEARCH_URL: httpUrl,
  CONNECT_URL: httpUrl,
  /** The address for Connect. The connector is registered with it. */
  DEBEZIUM_DATABASE_URL: databaseUrl,
  FAILURE_POINTS: failurePointsFolder,
});

export type ConsoleConfig = z.infer<typeof consoleConfig>;
