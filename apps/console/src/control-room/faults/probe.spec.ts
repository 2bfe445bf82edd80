import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ConsoleConfig } from '../../config.js';
import { isUp, probesOf } from './probe.js';

describe('loyalty’s database', () => {
  let server: Server;
  let answer: { status: number; down?: string[] };

  beforeEach(async () => {
    server = createServer((_, response) => {
      response.writeHead(answer.status, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => server.close());

  it.each([
    ['is up while loyalty is ready', { status: 200 }, true],
    ['is away when loyalty names it', { status: 503, down: ['kafka', 'loyalty-database'] }, false],
    ['is up when loyalty only misses Kafka', { status: 503, down: ['kafka'] }, true],
  ])('%s', async (_, given, expected) => {
    answer = given;
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const probe = probesOf(configOf(url))['loyalty-database'];
    expect(probe && (await isUp(probe))).toBe(expected);
  });
});

const configOf = (url: string) =>
  ({
    PAYMENTS_URL: url,
    EMAIL_URL: url,
    LOYALTY_URL: url,
    SEARCH_URL: url,
    THIRD_PARTIES_URL: url,
    CONNECT_URL: url,
    ELASTICSEARCH_URL: url,
    REDIS_URL: 'redis://127.0.0.1',
    AUDITOR_PAYMENTS_URL: 'postgres://127.0.0.1',
    KAFKA_BROKERS: ['127.0.0.1:9092'],
  }) as ConsoleConfig;
