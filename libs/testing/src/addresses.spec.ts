import { testAddresses } from './addresses.js';

const stackAt = (host: string) => ({
  POSTGRES_SUPERUSER_URL: `postgres://${host}`,
  KAFKA_BROKERS: `${host}:1,${host}:2`,
  REDIS_URL: `redis://${host}`,
  ELASTICSEARCH_URL: `http://${host}`,
  WHERE: host,
});

const before = { ...process.env };
afterEach(() => {
  process.env = { ...before };
});

function given(worker: string | undefined, hosts: string[]) {
  process.env['JEST_WORKER_ID'] = worker;
  process.env['TEST_ADDRESSES'] = JSON.stringify(hosts.map(stackAt));
}

it.each([
  ['1', 'first'],
  ['2', 'second'],
])('of two stacks, worker %s has the %s one', (worker, host) => {
  given(worker, ['first', 'second']);
  expect(testAddresses()).toMatchObject({ WHERE: host, KAFKA_BROKERS: [`${host}:1`, `${host}:2`] });
});

it('says how to run a test if no server was started', () => {
  delete process.env['TEST_ADDRESSES'];
  expect(testAddresses).toThrow('run it with `npm run test:int');
});
