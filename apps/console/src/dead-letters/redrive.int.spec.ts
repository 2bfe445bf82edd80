import { CE_HEADERS, DLQ_HEADERS, type ConsumerName } from '@effectively-once/contracts';
import { headerTexts, RecordProducer } from '@effectively-once/kafka';
import { Actions } from './actions.js';
import {
  connection,
  letter,
  listed,
  openWorld,
  redrivenRecords,
  statesOf,
  type Letter,
  type World,
} from './dead-letters.fixture.js';
import { DeadLetters } from './dead-letters.js';
import { OpenRedrives } from './open-redrives.js';
import { finishRedrives, type RedriveOptions } from './redrive.js';
import { asRedrive } from './requests.js';

let world: World;
const producer = new RecordProducer(connection);
beforeAll(async () => {
  world = await openWorld();
  await producer.connect();
});
afterAll(async () => {
  await producer.disconnect();
  await world.close();
});

const ask = async (consumer: ConsumerName, ids: string[], ratePerS = 5_000) =>
  (
    await new Actions(world.database).claimRedrive(
      { consumer, operator: 'olga' },
      asRedrive({ ids, ratePerS }),
    )
  ).actionId ?? '';

/** What a console does about open redrives; `dies` makes it the death of one. */
const finish = (dies: Partial<RedriveOptions> = {}) =>
  finishRedrives(
    {
      ...{ connection, open: new OpenRedrives(world.database), producer },
      reach: () => undefined,
      wait: async () => undefined,
      onGone: () => undefined,
      ...dies,
    },
    new AbortController().signal,
  );
const actionNow = (id: string) => new DeadLetters(world.database).action(id);
const many = (consumer: ConsumerName, count: number) =>
  Array.from({ length: count }, () => letter(consumer));

/** How often each letter is in the redrive topic. */
async function timesRedriven(consumer: ConsumerName, letters: Letter[]): Promise<number[]> {
  const records = await redrivenRecords(consumer, letters);
  return letters.map(
    ({ headers }) =>
      records.filter((record) => String(record.headers[CE_HEADERS.id]) === headers[CE_HEADERS.id])
        .length,
  );
}

it('goes out with its own key, bytes, headers and event id, one count higher', async () => {
  const one = letter('search');
  const ids = await listed(world, 'search', [one]);
  const action = await ask('search', ids);
  await finish();
  const [record, ...others] = await redrivenRecords('search', [one]);
  expect(others).toEqual([]);
  expect([record?.key, record?.value]).toEqual([one.key, one.value]);
  expect(record && headerTexts(record)).toEqual({
    ...one.headers,
    [DLQ_HEADERS.redriveCount]: '1',
  });
  await expect(statesOf(world, 'search', ids)).resolves.toEqual(['redriven']);
  await expect(actionNow(action)).resolves.toMatchObject({
    ...{ count: 1, done: 1, givenBack: 0, finishedAt: expect.any(Date) },
  });
});

it('bytes that are no event and headers that say nothing go out as they are, with an origin', async () => {
  const poison = { key: Buffer.from([0xff]), value: Buffer.from([0, 0xfe]) };
  const one = { ...poison, headers: { [CE_HEADERS.id]: crypto.randomUUID() } };
  const [id = ''] = await listed(world, 'search', [one]);
  await ask('search', [id]);
  await finish();
  const [record] = await redrivenRecords('search', [one]);
  expect([record?.key, record?.value]).toEqual([poison.key, poison.value]);
  const [partition, offset] = id.split('-');
  expect(record && headerTexts(record)).toMatchObject({
    [DLQ_HEADERS.originalTopic]: 'payment.completed.search.dlq',
    [DLQ_HEADERS.originalPartition]: partition,
    [DLQ_HEADERS.originalOffset]: offset,
    [DLQ_HEADERS.redriveCount]: '1',
  });
});

it('a console that dies after it wrote the redrive down leaves it to the next one', async () => {
  const letters = many('email', 3);
  const ids = await listed(world, 'email', letters);
  const action = await ask('email', ids);
  // Dead here. The next one knows nothing but what is written.
  await finish();
  await expect(timesRedriven('email', letters)).resolves.toEqual([1, 1, 1]);
  await expect(actionNow(action)).resolves.toMatchObject({ done: 3 });
});

it('killed after producing, before marking: what was out goes out once more, nothing is left behind', async () => {
  const letters = many('email', 250);
  const ids = await listed(world, 'email', letters);
  const action = await ask('email', ids);
  const dies = () => {
    throw new Error('killed');
  };
  await expect(finish({ reach: dies })).rejects.toThrow('killed');
  // Not marked, because nobody was there to mark it; and not lost, because it is still claimed.
  await expect(actionNow(action)).resolves.toMatchObject({ done: 0, finishedAt: null });
  await finish();
  const times = await timesRedriven('email', letters);
  expect(times.filter((count) => count === 2)).toHaveLength(100);
  expect(times.filter((count) => count === 1)).toHaveLength(150);
  const states = await statesOf(world, 'email', ids);
  expect(new Set(states)).toEqual(new Set(['redriven']));
  await expect(actionNow(action)).resolves.toMatchObject({ count: 250, done: 250 });
});

it('is marked only when the broker has it: a broker that refuses leaves all of it pending', async () => {
  const letters = many('loyalty', 2);
  const ids = await listed(world, 'loyalty', letters);
  await ask('loyalty', ids);
  const sendAll = () => Promise.reject(new Error('the broker refuses'));
  await expect(finish({ producer: { sendAll } })).rejects.toThrow('the broker refuses');
  await expect(statesOf(world, 'loyalty', ids)).resolves.toEqual(['pending', 'pending']);
  await finish();
  await expect(timesRedriven('loyalty', letters)).resolves.toEqual([1, 1]);
});

it('sends no more in a second than it was asked to', async () => {
  const letters = many('email', 5);
  await ask('email', await listed(world, 'email', letters), 2);
  const steps: string[] = [];
  await finish({
    producer: { sendAll: async (_, messages) => void steps.push(`${messages.length} sent`) },
    wait: async (ms) => void steps.push(`${ms} ms waited`),
  });
  const twoASecond = ['2 sent', '1000 ms waited'];
  expect(steps).toEqual([...twoASecond, ...twoASecond, '1 sent', '500 ms waited']);
});

it('one redrive that cannot go on does not hold up the next', async () => {
  const [stuck, free] = [many('loyalty', 1), many('search', 1)];
  await ask('loyalty', await listed(world, 'loyalty', stuck));
  const ids = await listed(world, 'search', free);
  await ask('search', ids);
  const refusesLoyalty: RedriveOptions['producer'] = {
    sendAll: async (topic, messages) => {
      if (topic.includes('loyalty')) throw new Error('the broker refuses');
      await producer.sendAll(topic, messages);
    },
  };
  await expect(finish({ producer: refusesLoyalty })).rejects.toThrow('the broker refuses');
  await expect(statesOf(world, 'search', ids)).resolves.toEqual(['redriven']);
  await finish();
});

it('two consoles at work on one redrive send each dead letter once', async () => {
  const letters = many('search', 30);
  const ids = await listed(world, 'search', letters);
  const action = await ask('search', ids);
  await Promise.all([finish(), finish(), finish()]);
  await finish();
  expect(new Set(await timesRedriven('search', letters))).toEqual(new Set([1]));
  await expect(actionNow(action)).resolves.toMatchObject({ done: 30 });
});

it('what has left its topic is given back, so that somebody can discard it', async () => {
  const [there] = [letter('loyalty')];
  const [id = ''] = await listed(world, 'loyalty', [there]);
  const { rows } = await world.admin.query<{ id: string }>(
    `INSERT INTO console.dead_letters (consumer, original_topic, original_partition, original_offset,
       redrive_count, dlq_partition, dlq_offset, content_sha256, error_name, error_message, attempts,
       dead_lettered_at)
     VALUES ('loyalty', 'payment.completed', 0, 1, 0, 0, 888888, '', 'Old', '', 1, now()) RETURNING id`,
  );
  const gone = rows[0]?.id ?? '';
  const action = await ask('loyalty', [id, gone]);
  const told: string[] = [];
  await finish({ onGone: (_, ids) => told.push(...ids) });
  expect(told).toEqual([gone]);
  await expect(statesOf(world, 'loyalty', [id, gone])).resolves.toEqual(['redriven', 'pending']);
  await expect(actionNow(action)).resolves.toMatchObject({
    ...{ count: 2, done: 1, givenBack: 1, finishedAt: expect.any(Date) },
  });
});
