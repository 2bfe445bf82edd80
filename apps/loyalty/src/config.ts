import {
  appVersion,
  brokerList,
  databaseUrl,
  failurePointsFolder,
  kafkaSessionTimeoutMs,
  nodeEnv,
  port,
} from '@effectively-once/platform';
import { z } from 'zod';

export const loyaltyConfig = z.object({
  NODE_ENV: nodeEnv,
  APP_VERSION: appVersion,
  LOYALTY_PORT: port,
  KAFKA_BROKERS: brokerList,
  KAFKA_SESSION_TIMEOUT_MS: kafkaSessionTimeoutMs,
  LOYALTY_DATABASE_URL: databaseUrl,
  AUTH_JWT_SECRET: z.string().min(32),
  FAILURE_POINTS: failurePointsFolder,
});

export type LoyaltyConfig = z.infer<typeof loyaltyConfig>;
