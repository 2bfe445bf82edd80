import { appVersion, brokerList, httpUrl, nodeEnv, port } from '@effectively-once/platform';
import { z } from 'zod';

export const searchConfig = z.object({
  NODE_ENV: nodeEnv,
  APP_VERSION: appVersion,
  SEARCH_PORT: port,
  KAFKA_BROKERS: brokerList,
  ELASTICSEARCH_URL: httpUrl,
  AUTH_JWT_SECRET: z.string().min(32),
});

export type SearchConfig = z.infer<typeof searchConfig>;
