import { APPS, appEnvironment } from './app-environment.js';
import { readEnvironment } from './environment.js';

const journals = { journalFolder: '/journals' };
const environmentOf = (app: (typeof APPS)[number], given: NodeJS.ProcessEnv = {}) =>
  appEnvironment(app, readEnvironment(given), journals);

it('the environment overrides .env and the values derived from it', () => {
  const email = environmentOf('email', { PAYMENTS_PORT: '13000', KAFKA_PORT: '19092' });
  expect(email['PAYMENTS_URL']).toBe('http://127.0.0.1:13000');
  expect(email['KAFKA_BROKERS']).toBe('127.0.0.1:19092');
});

it('an address from the caller wins, so that a proxy can stand in front of a store', () => {
  const proxied = 'postgres://loyalty_app:x@127.0.0.1:7777/loyalty';
  expect(environmentOf('loyalty', { LOYALTY_DATABASE_URL: proxied })).toMatchObject({
    LOYALTY_DATABASE_URL: proxied,
  });
});

it("no app gets the password of another app, even if the caller's environment has it", () => {
  const given = { POSTGRES_PASSWORD: 'super', PSP_SECRET_KEY: 'sk_x', AUDITOR_PASSWORD: 'aud' };
  const search = JSON.stringify(environmentOf('search', given));
  for (const secret of ['super', 'sk_x', 'aud', 'demo-payments']) {
    expect(search).not.toContain(secret);
  }
});

it.each([...APPS])("%s gets the caller's variables, but none that change a library", (app) => {
  const given = {
    HOME: '/home/me',
    SETTLE_LIMIT_MS: '5',
    PGHOST: 'elsewhere',
    NODE_OPTIONS: '-r x',
  };
  const environment = environmentOf(app, given);
  expect(environment).toMatchObject({ HOME: '/home/me', SETTLE_LIMIT_MS: '5' });
  expect(Object.keys(environment)).not.toEqual(expect.arrayContaining(['PGHOST']));
  expect(Object.keys(environment)).not.toEqual(expect.arrayContaining(['NODE_OPTIONS']));
});

it('reports every faulty variable at once', () => {
  const read = () => readEnvironment({ KAFKA_PORT: 'many', REDIS_PORT: '70000' });
  expect(read).toThrow(/REDIS_PORT: must be from 1 to 65535\n.*KAFKA_PORT: must be a port number/);
});
