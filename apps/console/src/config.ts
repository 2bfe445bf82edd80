import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  brokerList,
  databaseUrl,
  failurePointsFolder,
  httpUrl,
  listenHost,
  nodeEnv,
  onOff,
  port,
} from '@effectively-once/platform';
import { z } from 'zod';

const hostNames = z
  .string()
  .regex(/^[a-z0-9.-]+(,[a-z0-9.-]+)*$/, 'must be host names, comma-separated')
  .transform((text) => text.split(','))
  .default([]);

export const consoleConfig = z.object({
  NODE_ENV: nodeEnv,
  LISTEN_HOST: listenHost,
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
  /** The control room reads the metrics of payments. */
  PAYMENTS_URL: httpUrl,
  /** Opens the state of the consumers, which they show to the console only. */
  CONSUMER_STATE_TOKEN: z.string().min(16),
  /** The audit reads only the metrics of the consumers. */
  EMAIL_URL: httpUrl,
  LOYALTY_URL: httpUrl,
  SEARCH_URL: httpUrl,
  CONNECT_URL: httpUrl,
  /** The address for Connect. The connector is registered with it. */
  DEBEZIUM_DATABASE_URL: databaseUrl,
  /** Where a browser reaches payments. The Shop calls it. */
  PAYMENTS_PUBLIC_URL: httpUrl,
  /** Further host names by which clients reach the console, comma-separated. */
  CONSOLE_HOSTS: hostNames,
  /** Switches the demo sign-in on, but only together with the demo's AUTH_JWT_SECRET. */
  DEMO_CONTROLS: onOff,
  /** Where the supervisor of a native demo takes requests to break a process. */
  CONTROL_SOCKET: z.string().min(1).optional(),
  /** The receipts of scenarios. */
  SCENARIO_RECEIPTS: z.string().min(1).default(join(tmpdir(), 'effectively-once-receipts')),
  /** Where `npm run lab` leaves its receipts. Without it: only what the documents say of them. */
  LABS_FOLDER: z.string().min(1).optional(),
  FAILURE_POINTS: failurePointsFolder,
});

export type ConsoleConfig = z.infer<typeof consoleConfig>;
