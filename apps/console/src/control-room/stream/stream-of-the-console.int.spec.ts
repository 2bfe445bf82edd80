import { mintToken } from '@effectively-once/platform';
import { listenForTest } from '@effectively-once/platform/testing';
import { testAddresses } from '@effectively-once/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { appModule } from '../../app.module.js';
import { consoleConfig } from '../../config.js';
import { openTestConsole, type TestConsole } from '../../dead-letters/dead-letters.fixture.js';
import type { Overview, Snapshot } from '../wire/overview.js';

const SECRET = 'a-secret-of-at-least-32-bytes-for-tests';
const CLOSED = 'http://127.0.0.1:1';

let testConsole: TestConsole;
let app: NestFastifyApplication;
let url: string;

// The servers run, and no app does.
beforeAll(async () => {
  testConsole = await openTestConsole();
  const config = consoleConfig.parse({
    ...(testAddresses() as Record<string, unknown>),
    NODE_ENV: 'test',
    CONSOLE_DATABASE_URL: testConsole.url,
    AUTH_JWT_SECRET: SECRET,
    KAFKA_BROKERS: testAddresses().KAFKA_BROKERS.join(),
    PAYMENTS_URL: CLOSED,
    EMAIL_URL: CLOSED,
    LOYALTY_URL: CLOSED,
    SEARCH_URL: CLOSED,
    THIRD_PARTIES_URL: CLOSED,
    CONNECT_URL: CLOSED,
  });
  ({ app, url } = await listenForTest((logger) => ({ module: appModule(config, logger) })));
});
afterAll(async () => {
  await app.close();
  await testConsole.close();
});

/** The first event of this name whose data is as wanted. */
async function event<Data>(name: string, isWanted: (data: Data) => boolean): Promise<Data> {
  const token = await mintToken(SECRET, { userId: 'olga', role: 'operator' }, { ttlS: 600 });
  const { body } = await fetch(`${url}/api/stream`, {
    headers: { authorization: `Bearer ${token}` },
  });
  let text = '';
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString();
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const one of events.filter((lines) => lines.includes(`event: ${name}\n`))) {
      const data = JSON.parse(/^data: (.*)$/m.exec(one)?.[1] ?? '') as Data;
      // Leaving the loop closes the stream.
      if (isWanted(data)) return data;
    }
  }
  throw new Error('the stream ended');
}

it('begins with the verdict of the audit, before anything is collected', async () => {
  const { overview, verdict } = await event<Snapshot>('snapshot', () => true);
  expect(overview).toBeNull();
  expect(verdict).toHaveProperty('state');
});

it('shows outbox, slot, topic and lag from the servers, and null for each app that is away', async () => {
  const overview = await event<Overview>(
    'overview',
    ({ topic, outbox, slot, consumers }) =>
      topic.partitions !== null &&
      outbox.rows !== null &&
      slot.status !== null &&
      consumers.every(
        ({ lagRecords, deadLettersPending }) => lagRecords && deadLettersPending !== null,
      ),
  );
  expect(overview.topic.partitions).toHaveLength(6);
  expect(Number(overview.slot.retainedBytes)).toBeGreaterThan(0);
  expect(overview.payments).toEqual({
    isUp: false,
    perSecond: null,
    unsettled: null,
    pspCircuit: null,
  });
  for (const consumer of overview.consumers)
    expect(consumer).toMatchObject({ isUp: false, perSecond: null, parkedLanes: null });
  expect(overview).toMatchObject({ openPages: null, faults: null });
});
