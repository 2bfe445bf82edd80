import type { ProcessDefinition } from '../../stack/native/processes/process-definition.js';
import {
  PROXY_PORTS,
  DEPENDENCIES,
  putBehindProxies,
  type ProxyProcessOptions,
} from './proxies.js';

const EVERYTHING = {
  REDIS_URL: 'redis://127.0.0.1:6379',
  SMTP_URL: 'smtp://127.0.0.1:1025',
  PAYMENTS_URL: 'http://127.0.0.1:3000',
  MAIL_PROVIDER_URL: 'http://127.0.0.1:3010',
  LOYALTY_DATABASE_URL: 'postgres://loyalty_app:secret@127.0.0.1:5432/loyalty',
  ELASTICSEARCH_URL: 'http://127.0.0.1:9200',
};
const app = (name: string): ProcessDefinition => ({
  name,
  kind: 'app',
  url: '',
  ports: [],
  after: ['topics'],
  command: '',
  args: [],
  cwd: '',
  env: EVERYTHING,
  user: undefined,
  checkHealth: () => Promise.resolve(),
  healthyWithinMs: 1,
  stopSignal: 'SIGTERM',
  stopWithinMs: 1,
});
const apps = ['payments', 'email', 'loyalty', 'search', 'console'].map(app);
const ports = Array.from({ length: PROXY_PORTS }, (_, index) => 24_100 + index);

const started = () => {
  const definitions = putBehindProxies(apps, ports);
  return (name: string) => definitions.find((one) => one.name === name) as ProcessDefinition;
};

it('a consumer gets the proxy address of each server that it uses, and keeps its other variables', () => {
  expect(started()('loyalty').env).toEqual({
    ...EVERYTHING,
    LOYALTY_DATABASE_URL: 'postgres://loyalty_app:secret@127.0.0.1:24105/loyalty',
  });
  expect(started()('email').env).toMatchObject({
    REDIS_URL: 'redis://127.0.0.1:24101',
    SMTP_URL: 'smtp://127.0.0.1:24102',
    LOYALTY_DATABASE_URL: EVERYTHING.LOYALTY_DATABASE_URL,
  });
});

it('only consumers use proxies: a fault blinds neither the customers nor the auditor', () => {
  for (const name of ['payments', 'console']) expect(started()(name).env).toEqual(EVERYTHING);
});

it('a proxy forwards to the address in the variable', () => {
  const { proxies, controlPort } = JSON.parse(
    started()('proxies').args.at(-1) ?? '',
  ) as ProxyProcessOptions;
  expect(controlPort).toBe(24_100);
  expect(proxies.map(({ dependency }) => dependency)).toEqual(DEPENDENCIES);
  expect(proxies.find(({ dependency }) => dependency === 'elasticsearch')).toMatchObject({
    port: 24_106,
    to: { host: '127.0.0.1', port: 9200 },
  });
});

it('a consumer starts after the proxies', () => {
  expect(started()('search').after).toEqual(['topics', 'proxies']);
});
