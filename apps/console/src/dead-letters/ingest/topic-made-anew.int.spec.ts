import { randomUUID } from 'node:crypto';
import { CE_HEADERS, type ConsumerName } from '@effectively-once/contracts';
import { ensureTopics, readTopic, RecordProducer } from '@effectively-once/kafka';
import { waitUntil } from '@effectively-once/testing';
import { Kafka, logLevel } from 'kafkajs';
import {
  connection,
  deadLetter,
  ingestNow,
  openTestConsole,
  type DeadLetterMessage,
  type TestConsole,
} from '../dead-letters.fixture.js';
import { Actions } from '../commands/actions.js';
import { asDiscard } from '../requests.js';
import type { IngestOptions } from './ingest.js';
import { IngestedDeadLetters } from './ingested-dead-letters.js';
import type { MadeAnew } from './made-anew.js';

/*
 * A dead-letter topic that was deleted and created again begins at offset 0, so its letters have
 * the positions of earlier ones. Kafka gives it another topic id.
 */

let testConsole: TestConsole;
let topicOf: (consumer: ConsumerName) => string;
const producer = new RecordProducer(connection);
const admin = new Kafka({ ...connection, logLevel: logLevel.NOTHING }).admin();
const topics: string[] = [];

beforeAll(async () => {
  testConsole = await openTestConsole();
  await Promise.all([producer.connect(), admin.connect()]);
});
beforeEach(async () => {
  const run = randomUUID();
  topicOf = (consumer) => `made-anew-${run}.${consumer}`;
  topics.push(...(['email', 'loyalty', 'search'] as const).map(topicOf));
  await createTopics();
  await testConsole.admin.query(
    'TRUNCATE console.dead_letters, console.dead_letter_positions, console.dead_letter_actions',
  );
});
afterAll(async () => {
  const existing = await admin.listTopics();
  await admin.deleteTopics({ topics: topics.filter((one) => existing.includes(one)) });
  await Promise.all([producer.disconnect(), admin.disconnect(), testConsole.close()]);
});

const createTopics = () =>
  ensureTopics({
    ...connection,
    topics: topics.slice(-3).map((name) => ({ name, partitions: 1, config: {} })),
  });

async function makeAnew(): Promise<void> {
  await admin.deleteTopics({ topics: [topicOf('email')] });
  await waitUntil('the topic to be made again', () =>
    createTopics().then(
      () => true,
      () => false,
    ),
  );
}

const produce = async (letters: Pick<DeadLetterMessage, 'key' | 'value' | 'headers'>[]) => {
  for (const { key, value, headers } of letters) {
    await producer.send({ topic: topicOf('email'), key, value, headers });
  }
};

const ingestOnce = (options: Partial<IngestOptions> = {}) =>
  ingestNow(testConsole, { topicOf, ...options });

const many = (count: number) => Array.from({ length: count }, () => deadLetter('email'));

const eventOf = ({ headers }: DeadLetterMessage) => headers[CE_HEADERS.id] ?? '';

interface Row {
  id: string;
  event_id: string;
  cannot_redrive: string | null;
  record_gone_at: Date | null;
}

/** The rows, in the order in which they were ingested. */
const rows = async () =>
  (await testConsole.admin.query<Row>('SELECT * FROM console.dead_letters ORDER BY seq')).rows;

const idsOf = async () => (await rows()).map(({ id }) => id);
const eventsOf = async () => (await rows()).map(({ event_id }) => event_id);

/** Each partition that the console found to be made anew, with its lost letters. */
function noticed() {
  const found: MadeAnew[] = [];
  return { found, onMadeAnew: (_: ConsumerName, anew: MadeAnew) => void found.push(anew) };
}

it('takes the letters of a topic that was made anew, and keeps those of before', async () => {
  const [old, anew] = [many(3), many(2)];
  await produce(old);
  await ingestOnce();
  await makeAnew();
  const { found, onMadeAnew } = noticed();
  await ingestOnce({ onMadeAnew });
  await produce(anew);
  await ingestOnce({ onMadeAnew });
  expect(await eventsOf()).toEqual([...old, ...anew].map(eventOf));
  expect(await idsOf()).toEqual(['0-0', '0-1', '0-2', '0-0-2', '0-1-2']);
  expect(found).toEqual([{ partition: 0, lost: 3 }]);
  const gone = (await rows()).map((row) => [row.cannot_redrive, row.record_gone_at !== null]);
  expect(gone).toEqual([...old.map(() => ['record_gone', true]), ...anew.map(() => [null, false])]);
});

it('skips no letter of a topic that was made anew and grew longer while the console was away', async () => {
  const [old, anew] = [many(2), many(4)];
  await produce(old);
  await ingestOnce();
  await makeAnew();
  await produce(anew);
  await ingestOnce();
  await ingestOnce();
  expect(await eventsOf()).toEqual([...old, ...anew].map(eventOf));
});

it('notices it also when it had ingested the topic before it knew topic ids', async () => {
  const [old, anew] = [many(2), many(4)];
  await produce(old);
  await ingestOnce();
  await testConsole.admin.query('UPDATE console.dead_letter_positions SET topic_id = NULL');
  await ingestOnce();
  await makeAnew();
  await produce(anew);
  await ingestOnce();
  expect(await eventsOf()).toEqual([...old, ...anew].map(eventOf));
});

it('takes the letters after a log that lost its end, and keeps those that it still has', async () => {
  const [old, anew] = [many(2), many(2)];
  await produce(old);
  await ingestOnce();
  // Of five letters, the log of a restored broker has two.
  await testConsole.admin.query('UPDATE console.dead_letter_positions SET next_offset = 5');
  const { found, onMadeAnew } = noticed();
  await ingestOnce({ onMadeAnew });
  await produce(anew);
  await ingestOnce({ onMadeAnew });
  expect(await idsOf()).toEqual(['0-0', '0-1', '0-2-2', '0-3-2']);
  expect(await eventsOf()).toEqual([...old, ...anew].map(eventOf));
  expect(found).toEqual([{ partition: 0, lost: 0 }]);
});

it('two letters without a header at one position, before and after, are two letters', async () => {
  const silent = (value: string) => ({ key: null, value: Buffer.from(value), headers: {} });
  await produce([silent('old')]);
  await ingestOnce();
  await makeAnew();
  await produce([silent('new')]);
  await ingestOnce();
  expect(await idsOf()).toEqual(['0-0', '0-0-2']);
});

it('a letter that is dead-lettered again after its topic was made anew can be redriven', async () => {
  const [lost = deadLetter('email'), decided = deadLetter('email')] = many(2);
  await produce([lost, decided]);
  await ingestOnce();
  const actions = new Actions(testConsole.database);
  const context = { consumer: 'email', operator: 'olga' } as const;
  await actions.discard(context, asDiscard({ ids: ['0-1'], reason: 'a test' }));
  await makeAnew();
  await ingestOnce();
  // A replay of the main topic brings both again.
  await produce([deadLetter('email'), lost, decided]);
  await ingestOnce();
  const states = (await rows()).map((row) => [row.event_id, row.id, row.cannot_redrive]);
  expect(states.slice(0, 2)).toEqual([
    [eventOf(lost), '0-1-2', null],
    [eventOf(decided), '0-1', null],
  ]);
});

it('stores nothing of a pass during which the topic is made anew', async () => {
  const [old, between, anew] = [many(1), many(2), many(3)];
  await produce(old);
  await ingestOnce();
  await produce(between);
  const read: IngestOptions['read'] = async function* (options) {
    await makeAnew();
    await produce(anew);
    yield* readTopic(options);
  };
  await expect(ingestOnce({ read })).rejects.toThrow('was made anew while it was ingested');
  expect(await eventsOf()).toEqual(old.map(eventOf));
  await ingestOnce();
  expect(await eventsOf()).toEqual([...old, ...anew].map(eventOf));
});

it('a console that still has records of the topic before stores neither them nor their offsets', async () => {
  const [old, anew] = [many(2), many(1)];
  await produce(old);
  await ingestOnce();
  const slow = new IngestedDeadLetters(testConsole.database);
  const since = await slow.positions('email');
  const topicId = since.get(0)?.topicId;
  await makeAnew();
  await ingestOnce();
  const late = slow.add('email', [], { next: new Map([[0, 2n]]), topicId, since });
  await expect(late).rejects.toThrow('was made anew while it was ingested');
  await produce(anew);
  await ingestOnce();
  expect(await eventsOf()).toEqual([...old, ...anew].map(eventOf));
});

it('a topic that is missing delays no other', async () => {
  const loyalty = deadLetter('loyalty');
  await admin.deleteTopics({ topics: [topicOf('email')] });
  const { key, value, headers } = loyalty;
  await producer.send({ topic: topicOf('loyalty'), key, value, headers });
  await expect(ingestOnce()).rejects.toThrow('does not host this topic-partition');
  expect(await eventsOf()).toEqual([eventOf(loyalty)]);
});
