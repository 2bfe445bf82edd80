import { consumerEnvironment, databaseUrl, port } from '@effectively-once/platform';
import { z } from 'zod';

export const loyaltyConfig = z.object({
  ...consumerEnvironment,
  LOYALTY_PORT: port,
  LOYALTY_DATABASE_URL: databaseUrl,
  AUTH_JWT_SECRET: z.string().min(32),
});

export type LoyaltyConfig = z.infer<typeof loyaltyConfig>;
