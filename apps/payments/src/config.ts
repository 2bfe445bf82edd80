import { PAYMENT_COMPLETED_VERSIONS } from '@effectively-once/contracts';
import {
  databaseUrl,
  failurePointsFolder,
  httpUrl,
  listenHost,
  nodeEnv,
  port,
  readConfig,
  wholeNumber,
} from '@effectively-once/platform';
import { z } from 'zod';

/** `http://localhost:8080,http://127.0.0.1:8080`: scheme, host and port, and nothing after. */
const origins = z
  .string()
  .transform((text) => text.split(',').map((one) => one.trim()))
  .refine((all) => all.every(isOrigin), 'must be origins such as http://localhost:8080')
  .default([]);

const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text;

const atLeastOne = wholeNumber.refine((value) => value > 0, 'must be at least 1');

const eventVersion = wholeNumber.pipe(z.literal(PAYMENT_COMPLETED_VERSIONS));

const schema = z.object({
  NODE_ENV: nodeEnv,
  LISTEN_HOST: listenHost,
  PAYMENTS_PORT: port,
  PAYMENTS_DATABASE_URL: databaseUrl,
  AUTH_JWT_SECRET: z.string().min(32, 'must be at least 32 characters (RFC 7518 §3.2)'),
  SERVICE_TOKEN: z.string().min(8),
  PSP_URL: httpUrl,
  PSP_SECRET_KEY: z.string().min(1),
  PSP_WEBHOOK_SECRET: z.string().min(1),
  PSP_TIMEOUT_MS: atLeastOne.default(8_000),
  /** The token bucket of one user in one process: checkouts per second, and its size. */
  RATE_LIMIT_PER_S: atLeastOne.default(50),
  RATE_LIMIT_BURST: atLeastOne.default(200),
  /** The origins of web pages that may call payments from a browser. None by default. */
  SHOP_ORIGINS: origins,
  /** Raise it only when every consumer reads the new version (expand and contract). */
  PAYMENT_COMPLETED_VERSION: eventVersion.default(1),
  FAILURE_POINTS: failurePointsFolder,
});

export type PaymentsConfig = z.infer<typeof schema>;
export const PAYMENTS_CONFIG = Symbol('PAYMENTS_CONFIG');
export const LOGGER = Symbol('LOGGER');

/** @throws ConfigError naming every faulty variable. */
export const paymentsConfig = (environment: NodeJS.ProcessEnv): PaymentsConfig =>
  readConfig(schema, environment);
