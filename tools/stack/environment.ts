import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { port, readConfig } from '@effectively-once/platform/config';
import { parse } from 'dotenv';
import { z } from 'zod';
import { repositoryRoot } from '../repository-root.js';

const secret = z.string().min(1);
/** The tag is required: without it docker takes the newest image of the day. */
const imageName = z.string().regex(/^\S+:[^:/\s]+$/, 'must be name:tag');

const settingsSchema = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']),
  PAYMENTS_PORT: port,
  EMAIL_PORT: port,
  LOYALTY_PORT: port,
  SEARCH_PORT: port,
  CONSOLE_PORT: port,
  THIRD_PARTIES_PORT: port,
  PSP_PORT: port,
  SMTP_PORT: port,
  POSTGRES_PORT: port,
  REDIS_PORT: port,
  KAFKA_PORT: port,
  KAFKA_CONTROLLER_PORT: port,
  CONNECT_PORT: port,
  ELASTICSEARCH_PORT: port,
  PROMETHEUS_PORT: port,
  ALERTMANAGER_PORT: port,
  ALERT_PROFILE: z.enum(['standard', 'demo']),
  POSTGRES_IMAGE: imageName,
  KAFKA_IMAGE: imageName,
  CONNECT_IMAGE: imageName,
  REDIS_IMAGE: imageName,
  ELASTICSEARCH_IMAGE: imageName,
  PROMETHEUS_IMAGE: imageName,
  ALERTMANAGER_IMAGE: imageName,
  NODE_IMAGE: imageName,
  POSTGRES_PASSWORD: secret,
  PAYMENTS_OWNER_PASSWORD: secret,
  PAYMENTS_APP_PASSWORD: secret,
  LOYALTY_OWNER_PASSWORD: secret,
  LOYALTY_APP_PASSWORD: secret,
  CONSOLE_OWNER_PASSWORD: secret,
  CONSOLE_APP_PASSWORD: secret,
  DEBEZIUM_PASSWORD: secret,
  AUDITOR_PASSWORD: secret,
  AUTH_JWT_SECRET: secret,
  DEMO_CONTROLS: z.enum(['0', '1']).default('0'),
  SERVICE_TOKEN: secret,
  CONSUMER_STATE_TOKEN: secret,
  PSP_SECRET_KEY: secret,
  PSP_WEBHOOK_SECRET: secret,
});

/** Every setting of the system, by its name in `.env`. */
export type Settings = z.infer<typeof settingsSchema>;
export type PortName = Extract<keyof Settings, `${string}_PORT`>;

export interface Environment {
  settings: Settings;
  /** The caller's environment. It overrides `.env` and the values derived from it. */
  given: NodeJS.ProcessEnv;
}

/**
 * Reads `.env` and the caller's environment, once.
 * @throws ConfigError that names every faulty variable.
 */
export function readEnvironment(given: NodeJS.ProcessEnv = process.env): Environment {
  const file = join(repositoryRoot, '.env');
  // The image has no `.env`. Compose passes every value, so a changed value needs no new image.
  const committed = existsSync(file) ? parse(readFileSync(file)) : {};
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
  return { settings: readConfig(settingsSchema, { ...committed, ...set }), given: set };
}

/** `third-parties` listens on THIRD_PARTIES_PORT. */
export const portVariable = (service: string) =>
  `${service.replace('-', '_').toUpperCase()}_PORT` as PortName;

export const portOf = (service: string, { settings }: Environment): number =>
  settings[portVariable(service)];

export function portsOf({ settings }: Environment): Record<PortName, number> {
  const ports = Object.entries(settings).filter(([name]) => name.endsWith('_PORT'));
  return Object.fromEntries(ports) as Record<PortName, number>;
}
