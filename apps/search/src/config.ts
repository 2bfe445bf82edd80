import {
  appVersion,
  brokerList,
  failurePointsFolder,
  httpUrl,
  kafkaSessionTimeoutMs,
  nodeEnv,
  port,
} from '@effectively-once/platform';
import { z } from 'zod';

export const searchConfig = z.object({
  NODE_ENV: nodeEnv,
  APP_VERSION: appVersion,
  SEARCH_PORT: port,
  KAFKA_BROKERS: brokerList,
  KAFKA_SESSION_TIMEOUT_MS: kafkaSessionTimeoutMs,
  ELASTICSEARCH_URL: httpUrl,
  AUTH_JWT_SECRET: z.string().min(32),
  FAILURE_POINTS: failurePointsFolder,
});

export type SearchConfig = z.infer<typeof searchConfig>;
