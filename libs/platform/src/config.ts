import { z } from 'zod';
import { failurePointsFolder } from './failure-points.js';

/** A TCP port in an environment variable. */
export const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port number')
  .transform(Number)
  .refine((value) => value > 0 && value < 65536, 'must be from 1 to 65535');

/**
 * A whole number in an environment variable. Strict: `Number('')` and `Number('1e3')` would pass.
 */
export const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a whole number')
  .transform(Number);

export const databaseUrl = z.url({ protocol: /^postgres(ql)?$/ });
export const httpUrl = z.url({ protocol: /^https?$/ });

/**
 * The address on which a service listens. In a container, only 0.0.0.0 is reachable from outside;
 * everywhere else the default keeps the demo on this machine.
 */
export const listenHost = z.union([z.ipv4(), z.ipv6()]).default('127.0.0.1');

/** `1` switches something on. Unset is off. */
export const onOff = z
  .enum(['0', '1'])
  .default('0')
  .transform((value) => value === '1');

export const nodeEnv = z.enum(['development', 'test', 'production']).default('development');

/** The version in dead letters. The image build sets it; a checkout is `dev`. */
export const appVersion = z.string().min(1).max(64).default('dev');

/** `host:port,host:port` */
export const brokerList = z
  .string()
  .regex(/^[^,\s]+:\d+(,[^,\s]+:\d+)*$/, 'must be host:port, comma-separated')
  .transform((value) => value.split(','));

/**
 * After this long without a heartbeat, the broker reassigns a consumer's partitions (rebalance). 6
 * s and 30 min are the broker's own limits (`group.min.session.timeout.ms`,
 * `group.max.session.timeout.ms`).
 */
export const kafkaSessionTimeoutMs = wholeNumber
  .refine((ms) => ms >= 6_000 && ms <= 1_800_000, 'must be from 6000 to 1800000')
  .default(10_000);

/** The variables that every consumer reads. */
export const consumerEnvironment = {
  NODE_ENV: nodeEnv,
  LISTEN_HOST: listenHost,
  APP_VERSION: appVersion,
  KAFKA_BROKERS: brokerList,
  KAFKA_SESSION_TIMEOUT_MS: kafkaSessionTimeoutMs,
  FAILURE_POINTS: failurePointsFolder,
  /** Opens a consumer's state (lanes, attempts, circuits) to the console. It reads nothing else. */
  CONSUMER_STATE_TOKEN: z.string().min(16),
};

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly faults: string[]) {
    super(`the environment is not usable:\n  ${faults.join('\n  ')}`);
  }
}

// Every credential in the committed .env contains this word.
const DEMO_VALUE = /(^|[^a-z])demo([^a-z]|$)/;
// With FAILURE_POINTS, a file in a folder kills the process. With DEMO_CONTROLS=1, the console
// signs in every caller.
const isForTestsOnly = (name: string, value: string | undefined) =>
  (name === 'FAILURE_POINTS' && value !== undefined) || (name === 'DEMO_CONTROLS' && value === '1');

/**
 * The only reader of the environment in a process. It reports all faults at once, so that the
 * operator does not need one restart per variable.
 *
 * @throws ConfigError naming each faulty variable, never its value.
 */
export function readConfig<Schema extends z.ZodObject>(
  schema: Schema,
  environment: NodeJS.ProcessEnv,
): z.infer<Schema> {
  // Treat an empty variable as unset, because compose and .env files cannot express "unset".
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  const faults = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  if (environment['NODE_ENV'] === 'production') {
    for (const name of Object.keys(schema.shape)) {
      if (DEMO_VALUE.test(given[name] ?? ''))
        faults.push(`${name}: a demo credential is refused in production`);
      if (isForTestsOnly(name, given[name]))
        faults.push(`${name}: is for tests and demos, and refused in production`);
    }
  }
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);
  return parsed.data;
}
