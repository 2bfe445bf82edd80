import { sourcesOf } from './sources.js';

const variables = {
  AUDITOR_PAYMENTS_URL: 'postgres://payments',
  AUDITOR_LOYALTY_URL: 'postgres://loyalty',
  AUDITOR_CONSOLE_URL: 'postgres://console',
  KAFKA_BROKERS: 'a:1,b:2',
  REDIS_URL: 'redis://redis',
  ELASTICSEARCH_URL: 'http://elasticsearch',
  THIRD_PARTIES_URL: 'http://third-parties',
  EMAIL_URL: 'http://email',
  LOYALTY_URL: 'http://loyalty',
  SEARCH_URL: 'http://search',
};

it.each(['a:1,b:2', ['a:1', 'b:2']])('the brokers are a list: %j', (brokers) => {
  const { kafkaBrokers } = sourcesOf({ ...variables, KAFKA_BROKERS: brokers });
  expect(kafkaBrokers).toEqual(['a:1', 'b:2']);
});

it('a missing address is named, and no store is read at an empty one', () => {
  expect(() => sourcesOf({ ...variables, REDIS_URL: undefined })).toThrow(/REDIS_URL/);
  expect(() => sourcesOf({ ...variables, EMAIL_URL: '' })).toThrow(/EMAIL_URL/);
});
