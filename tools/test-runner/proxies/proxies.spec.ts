import type { ProcessDefinition } from '../../stack/native/processes/process-definition.js';
import { CABLE_PORTS, DEPENDENCIES, layCables, type CableBox } from './proxies.js';

const EVERYTHING = {
  REDIS_URL: 'redis://127.0.0.1:6379',
  SMTP_URL: 'smtp://127.0.0.1:1025',
  PAYMENTS_URL: 'http://127.0.0.1:3000',
  MAIL_PROVIDER_URL: 'http://127.0.0.1:3010',
  LOYALTY_DATABASE_URL: 'postgres://loyalty_app:secret@127.0.0.1:5432/loyalty',
  ELASTICSEARCH_URL: 'http://127.0.0.1:9200',
};
const app = (name: string): ProcessDefinition => ({
  ...{ name, kind: 'app', url: '', ports: [], after: ['topics'], command: '', args: [], cwd: '' },
  ...{ env: EVERYTHING, user: undefined, checkHealth: () => Promise.resolve() },
  ...{ healthyWithinMs: 1, stopSignal: 'SIGTERM', stopWithinMs: 1 },
});
const apps = ['payments', 'email', 'loyalty', 'search', 'console'].map(app);
const ports = Array.from({ length: CABLE_PORTS }, (_, index) => 24_100 + index);

const laid = () => {
  const definitions = layCables(apps, ports);
  return (name: string) => definitions.find((one) => one.name === name) as ProcessDefinition;
};

it('a consumer finds each server it works with at a cable, and nothing else about it is changed', () => {
  expect(laid()('loyalty').env).toEqual({
    ...EVERYTHING,
    LOYALTY_DATABASE_URL: 'postgres://loyalty_app:secret@127.0.0.1:24105/loyalty',
  });
  expect(laid()('email').env).toMatchObject({
    REDIS_URL: 'redis://127.0.0.1:24101',
    SMTP_URL: 'smtp://127.0.0.1:24102',
    LOYALTY_DATABASE_URL: EVERYTHING.LOYALTY_DATABASE_URL,
  });
});

it('who is no consumer has no cables: a cut one blinds neither the customers nor the auditor', () => {
  for (const name of ['payments', 'console']) expect(laid()(name).env).toEqual(EVERYTHING);
});

it('a cable leads where the variable said', () => {
  const { cables, controlPort } = JSON.parse(laid()('cables').args.at(-1) ?? '') as CableBox;
  expect(controlPort).toBe(24_100);
  expect(cables.map(({ dependency }) => dependency)).toEqual(DEPENDENCIES);
  expect(cables.find(({ dependency }) => dependency === 'elasticsearch')).toMatchObject({
    port: 24_106,
    to: { host: '127.0.0.1', port: 9200 },
  });
});

it('a consumer is started once its cables lie', () => {
  expect(laid()('search').after).toEqual(['topics', 'cables']);
});
