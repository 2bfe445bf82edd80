import { z } from 'zod';
import { ConfigError, kafkaSessionTimeoutMs, port, readConfig } from './config.js';
import { failurePointsFolder } from './failure-points.js';

const schema = z.object({
  PORT: port,
  SECRET: z.string(),
  FAILURE_POINTS: failurePointsFolder,
  SESSION_MS: kafkaSessionTimeoutMs,
});
const good = { PORT: '3000', SECRET: 'geheim' };

function faultsOf(environment: NodeJS.ProcessEnv): string[] {
  try {
    readConfig(schema, environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

it('reads numbers as numbers, and an empty variable as unset', () => {
  expect(readConfig(schema, { ...good, FAILURE_POINTS: '' })).toEqual({
    PORT: 3000,
    SECRET: 'geheim',
    SESSION_MS: 10_000,
  });
});

it('names all faults at once, and no value', () => {
  const faults = faultsOf({ PORT: 'http', SESSION_MS: '5999' });
  expect(faults.map((fault) => fault.split(':')[0])).toEqual(['PORT', 'SECRET', 'SESSION_MS']);
  expect(faults.join()).not.toMatch(/http|5999/);
});

it('refuses demo credentials in production', () => {
  const demo = { ...good, SECRET: 'a-demo-secret' };
  expect(faultsOf(demo)).toEqual([]);
  expect(faultsOf({ ...demo, NODE_ENV: 'production' })).toEqual([
    expect.stringMatching(/^SECRET: a demo credential/),
  ]);
});

it('refuses failure points in production', () => {
  const mortal = { ...good, FAILURE_POINTS: 'points' };
  expect(faultsOf(mortal)).toEqual([]);
  expect(faultsOf({ ...mortal, NODE_ENV: 'production' })).toEqual([
    'FAILURE_POINTS: is for tests and demos, and refused in production',
  ]);
});
