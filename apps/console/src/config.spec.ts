import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, readConfig } from '@effectively-once/platform';
import { parse } from 'dotenv';
import { consoleConfig } from './config.js';

const committed = parse(readFileSync(join(process.cwd(), '.env')));
const password = committed['CONSOLE_APP_PASSWORD'];
/** The settings that the console checks in production. The values are those of `.env` in git. */
const access = consoleConfig.pick({
  NODE_ENV: true,
  AUTH_JWT_SECRET: true,
  CONSUMER_STATE_TOKEN: true,
  CONSOLE_DATABASE_URL: true,
  FAILURE_POINTS: true,
});
const demo = {
  ...committed,
  CONSOLE_DATABASE_URL: `postgres://console_app:${password}@127.0.0.1:5432/console`,
};

it('accepts the demo secret, except in production', () => {
  expect(readConfig(access, demo).AUTH_JWT_SECRET).toBe(committed['AUTH_JWT_SECRET']);
  const inProduction = { ...demo, NODE_ENV: 'production', FAILURE_POINTS: 'points' };
  try {
    readConfig(access, inProduction);
    throw new Error('the console started');
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    const named = (error as ConfigError).faults.map((fault) => fault.split(':')[0]);
    expect(named.sort()).toEqual([
      'AUTH_JWT_SECRET',
      'CONSOLE_DATABASE_URL',
      'CONSUMER_STATE_TOKEN',
      'FAILURE_POINTS',
    ]);
  }
});
