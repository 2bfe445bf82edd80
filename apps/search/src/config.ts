import { consumerEnvironment, httpUrl, port } from '@effectively-once/platform';
import { z } from 'zod';

export const searchConfig = z.object({
  ...consumerEnvironment,
  SEARCH_PORT: port,
  ELASTICSEARCH_URL: httpUrl,
  AUTH_JWT_SECRET: z.string().min(32),
});

export type SearchConfig = z.infer<typeof searchConfig>;
