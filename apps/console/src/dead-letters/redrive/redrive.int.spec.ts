import {
  CE_HEADERS,
  DLQ_HEADERS,
  redriveTopic,
  type ConsumerName,
} from '@effectively-once/contracts';
import { BatchTooLarge, headerTexts, RecordProducer } from '@effectively-once/kafka';
import { Actions } from '../commands/actions.js';
import {
  connection,
  deadLetter,
  produceAndIngest,
  openTestConsole,
  redrivenRecords,
  statesOf,
  type DeadLetterMessage,
  type TestConsole,
} from '../dead-letters.fixture.js';
import { DeadLetters } from '../dead-letters.js';
import { OpenRedrives } from './open-redrives.js';
import { finishRedrives, type RedriveOptions } from './redrive.js';
import { asRedrive } from '../requests.js';

let testConsole: TestConsole;
const producer = new RecordProducer(connection);
beforeAll(async () => {
  testConsole = await openTestConsole();
  await producer.connect();
});
afterAll(async () => {
  await producer.disconnect();
  await testConsole.close();
});

const ask = async (consumer: ConsumerName, ids: string[], ratePerS = 5_000) =>
  (
    await new Actions(testConsole.database).claimRedrive(
      { consumer, operator: 'olga' },
      asRedrive({ ids, ratePerS }),
    )
  ).actionId ?? '';

/** Finishes the open redrives as a console does. `dies` makes it fail at one step. */
const finish = (dies: Partial<RedriveOptions> = {}) =>
  finishRedrives(
    {
      connection,
      open: new OpenRedrives(testConsole.database),
      producer,
      reach: () => undefined,
      wait: async () => undefined,
      onGivenBack: () => undefined,
      ...dies,
    },
    new AbortController().signal,
  );
const actionNow = (id: string) => new DeadLetters(testConsole.database).action(id);
const many = (consumer: ConsumerName, count: number) =>
  Array.from({ length: count }, () => deadLetter(consumer));

/** How often each letter is in the redrive topic. */
async function timesRedriven(
  consumer: ConsumerName,
  letters: DeadLetterMessage[],
): Promise<number[]> {
  const records = await redrivenRecords(consumer, letters);
  return letters.map(
    ({ headers }) =>
      records.filter((record) => String(record.headers[CE_HEADERS.id]) === headers[CE_HEADERS.id])
        .length,
  );
}

it('a redriven record has the same key, value, headers and event id, and a redrive count one higher', async () => {
  const one = deadLetter('search');
  const ids = await produceAndIngest(testConsole, 'search', [one]);
  const action = await ask('search', ids);
  await finish();
  const [record, ...others] = await redrivenRecords('search', [one]);
  expect(others).toEqual([]);
  expect([record?.key, record?.value]).toEqual([one.key, one.value]);
  expect(record && headerTexts(record)).toEqual({
    ...one.headers,
    [DLQ_HEADERS.redriveCount]: '1',
  });
  await expect(statesOf(testConsole, 'search', ids)).resolves.toEqual(['redriven']);
  await expect(actionNow(action)).resolves.toMatchObject({
    count: 1,
    done: 1,
    givenBack: 0,
    finishedAt: expect.any(Date),
  });
});

it('a poison pill without headers is redriven unchanged, with the headers of its origin', async () => {
  const poison = { key: Buffer.from([0xff]), value: Buffer.from([0, 0xfe]) };
  const one = { ...poison, headers: { [CE_HEADERS.id]: crypto.randomUUID() } };
  const [id = ''] = await produceAndIngest(testConsole, 'search', [one]);
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

it('the next console does the redrive of one that crashed after it stored the action', async () => {
  const letters = many('email', 3);
  const ids = await produceAndIngest(testConsole, 'email', letters);
  const action = await ask('email', ids);
  // The console crashes here. The next one has only the database.
  await finish();
  await expect(timesRedriven('email', letters)).resolves.toEqual([1, 1, 1]);
  await expect(actionNow(action)).resolves.toMatchObject({ done: 3 });
});

it('a crash after produce and before mark produces a batch twice, and loses no record', async () => {
  const letters = many('email', 250);
  const ids = await produceAndIngest(testConsole, 'email', letters);
  const action = await ask('email', ids);
  const dies = () => {
    throw new Error('killed');
  };
  await expect(finish({ reach: dies })).rejects.toThrow('killed');
  // Not marked, because the console crashed before; not lost, because it is still claimed.
  await expect(actionNow(action)).resolves.toMatchObject({ done: 0, finishedAt: null });
  await finish();
  const times = await timesRedriven('email', letters);
  expect(times.filter((count) => count === 2)).toHaveLength(100);
  expect(times.filter((count) => count === 1)).toHaveLength(150);
  const states = await statesOf(testConsole, 'email', ids);
  expect(new Set(states)).toEqual(new Set(['redriven']));
  await expect(actionNow(action)).resolves.toMatchObject({ count: 250, done: 250 });
});

it('a dead letter is marked only after the acknowledgement of the broker, and stays pending if the broker refuses', async () => {
  const letters = many('loyalty', 2);
  const ids = await produceAndIngest(testConsole, 'loyalty', letters);
  await ask('loyalty', ids);
  const sendAll = () => Promise.reject(new Error('the broker refuses'));
  await expect(finish({ producer: { sendAll } })).rejects.toThrow('the broker refuses');
  await expect(statesOf(testConsole, 'loyalty', ids)).resolves.toEqual(['pending', 'pending']);
  await finish();
  await expect(timesRedriven('loyalty', letters)).resolves.toEqual([1, 1]);
});

it('a redrive keeps to its rate limit', async () => {
  const letters = many('email', 5);
  await ask('email', await produceAndIngest(testConsole, 'email', letters), 2);
  const steps: string[] = [];
  await finish({
    producer: { sendAll: async (_, messages) => void steps.push(`${messages.length} sent`) },
    wait: async (ms) => void steps.push(`${ms} ms waited`),
  });
  const twoASecond = ['2 sent', '1000 ms waited'];
  expect(steps).toEqual([...twoASecond, ...twoASecond, '1 sent', '500 ms waited']);
});

it('a failing redrive does not delay the next one', async () => {
  const [stuck, free] = [many('loyalty', 1), many('search', 1)];
  await ask('loyalty', await produceAndIngest(testConsole, 'loyalty', stuck));
  const ids = await produceAndIngest(testConsole, 'search', free);
  await ask('search', ids);
  const refusesLoyalty: RedriveOptions['producer'] = {
    sendAll: async (topic, messages) => {
      if (topic.includes('loyalty')) throw new Error('the broker refuses');
      await producer.sendAll(topic, messages);
    },
  };
  await expect(finish({ producer: refusesLoyalty })).rejects.toThrow('the broker refuses');
  await expect(statesOf(testConsole, 'search', ids)).resolves.toEqual(['redriven']);
  await finish();
});

it('two consoles produce each dead letter of one redrive once', async () => {
  const letters = many('search', 30);
  const ids = await produceAndIngest(testConsole, 'search', letters);
  const action = await ask('search', ids);
  await Promise.all([finish(), finish(), finish()]);
  await finish();
  expect(new Set(await timesRedriven('search', letters))).toEqual(new Set([1]));
  await expect(actionNow(action)).resolves.toMatchObject({ done: 30 });
});

it('a redrive gives back a dead letter whose record has left the topic, so that an operator can discard it', async () => {
  const [there] = [deadLetter('loyalty')];
  const [id = ''] = await produceAndIngest(testConsole, 'loyalty', [there]);
  const { rows } = await testConsole.admin.query<{ id: string }>(
    `INSERT INTO console.dead_letters (consumer, original_topic, original_partition, original_offset,
       redrive_count, dlq_partition, dlq_offset, content_sha256, error_name, error_message, attempts,
       dead_lettered_at)
     VALUES ('loyalty', 'payment.completed', 0, 1, 0, 0, 888888, '', 'Old', '', 1, now()) RETURNING id`,
  );
  const expired = rows[0]?.id ?? '';
  const action = await ask('loyalty', [id, expired]);
  const told: unknown[] = [];
  await finish({ onGivenBack: (_, letters) => told.push(...letters) });
  expect(told).toEqual([{ id: expired, why: 'record_gone' }]);
  await expect(statesOf(testConsole, 'loyalty', [id, expired])).resolves.toEqual([
    'redriven',
    'pending',
  ]);
  await expect(actionNow(action)).resolves.toMatchObject({
    count: 2,
    done: 1,
    givenBack: 1,
    refused: [{ id: expired, why: 'record_gone' }],
    finishedAt: expect.any(Date),
  });
});

it('a redrive sends no other record that has the position of a dead letter', async () => {
  // Its topic was made anew, and the console has not noticed it yet.
  const [other, mine] = many('email', 2);
  const [place = ''] = await produceAndIngest(testConsole, 'email', [other ?? deadLetter('email')]);
  const [id = ''] = await produceAndIngest(testConsole, 'email', [mine ?? deadLetter('email')]);
  await testConsole.admin.query(
    `UPDATE console.dead_letters SET dlq_partition = $2, dlq_offset = $3, incarnation = 2
      WHERE consumer = 'email' AND id = $1`,
    [id, ...place.split('-')],
  );
  const action = await ask('email', [`${place}-2`]);
  await finish();
  await expect(
    timesRedriven(
      'email',
      [other, mine].flatMap((one) => one ?? []),
    ),
  ).resolves.toEqual([0, 0]);
  const refused = [{ id: `${place}-2`, why: 'record_gone' }];
  await expect(actionNow(action)).resolves.toMatchObject({ done: 0, givenBack: 1, refused });
  await expect(statesOf(testConsole, 'email', [place, `${place}-2`])).resolves.toEqual([
    'pending',
    'pending',
  ]);
});

it('a redrive gives back a dead letter that the redrive topic does not take, and redrives the others', async () => {
  // The dead-letter topic takes it. The redrive topic takes less.
  const large = { ...deadLetter('search'), value: Buffer.alloc(2_120_000) };
  const letters = [deadLetter('search'), large, deadLetter('search')];
  const ids = await produceAndIngest(testConsole, 'search', letters);
  const action = await ask('search', ids);
  await finish();
  await expect(statesOf(testConsole, 'search', ids)).resolves.toEqual([
    'redriven',
    'pending',
    'redriven',
  ]);
  await expect(timesRedriven('search', letters)).resolves.toEqual([1, 0, 1]);
  await expect(actionNow(action)).resolves.toMatchObject({
    done: 2,
    givenBack: 1,
    refused: [{ id: ids[1], why: 'too_large' }],
    finishedAt: expect.any(Date),
  });
  const found = await new DeadLetters(testConsole.database).find('search', ids[1] ?? '');
  expect(found).toMatchObject({ cannotRedrive: 'too_large', actionId: null });
  // The operator may raise the limit, and redrive it then.
  await expect(ask('search', [ids[1] ?? ''])).resolves.not.toBe('');
  await finish();
});

it('a batch that is too large is redriven one by one', async () => {
  const letters = many('email', 3);
  const ids = await produceAndIngest(testConsole, 'email', letters);
  await ask('email', ids);
  const sendAll: RedriveOptions['producer']['sendAll'] = async (topic, messages) => {
    if (messages.length > 1) throw new BatchTooLarge(topic, {});
    await producer.sendAll(topic, messages);
  };
  await finish({ producer: { sendAll } });
  await expect(timesRedriven('email', letters)).resolves.toEqual([1, 1, 1]);
});

describe('a cut dead letter', () => {
  const WHOLE = Buffer.alloc(20_000, 'w');

  /** A dead letter cut from a record that is in the redrive topic, and its original record. */
  async function cutLetter(changes: Record<string, string> = {}): Promise<DeadLetterMessage> {
    const letter = deadLetter('loyalty');
    const { key, headers } = letter;
    const id = headers[CE_HEADERS.id] ?? '';
    const topic = redriveTopic('loyalty');
    const own = { [CE_HEADERS.id]: id, mine: 'kept' };
    await producer.send({ topic, key, value: WHOLE, headers: own });
    const [original] = await redrivenRecords('loyalty', [letter]);
    return {
      key,
      value: WHOLE.subarray(0, 1_024),
      headers: {
        ...headers,
        [DLQ_HEADERS.originalTopic]: topic,
        [DLQ_HEADERS.originalPartition]: String(original?.partition),
        [DLQ_HEADERS.originalOffset]: String(original?.offset),
        [DLQ_HEADERS.originalTimestamp]: String(original?.timestampMs),
        [DLQ_HEADERS.valueCut]: String(WHOLE.length),
        ...changes,
      },
    };
  }

  it('is redriven with the bytes and headers of its original record', async () => {
    const letter = await cutLetter();
    const ids = await produceAndIngest(testConsole, 'loyalty', [letter]);
    await ask('loyalty', ids);
    await finish();
    await expect(statesOf(testConsole, 'loyalty', ids)).resolves.toEqual(['redriven']);
    const [, redriven] = await redrivenRecords('loyalty', [letter]);
    expect([redriven?.key, redriven?.value]).toEqual([letter.key, WHOLE]);
    expect(redriven && headerTexts(redriven)).toEqual({
      [CE_HEADERS.id]: letter.headers[CE_HEADERS.id],
      mine: 'kept',
      [DLQ_HEADERS.originalTopic]: letter.headers[DLQ_HEADERS.originalTopic],
      [DLQ_HEADERS.originalPartition]: letter.headers[DLQ_HEADERS.originalPartition],
      [DLQ_HEADERS.originalOffset]: letter.headers[DLQ_HEADERS.originalOffset],
      [DLQ_HEADERS.originalTimestamp]: letter.headers[DLQ_HEADERS.originalTimestamp],
      [DLQ_HEADERS.redriveCount]: '1',
    });
  });

  it.each([
    ['has left its topic', { [DLQ_HEADERS.originalOffset]: '900000000' }],
    ['is another record, because the topic was created again', { [DLQ_HEADERS.valueCut]: '20001' }],
  ])('is refused when its original record %s', async (_what, changes) => {
    const letter = await cutLetter(changes);
    const [id = ''] = await produceAndIngest(testConsole, 'loyalty', [letter]);
    const action = await ask('loyalty', [id]);
    await finish();
    const refused = [{ id, why: 'original_gone' }];
    await expect(actionNow(action)).resolves.toMatchObject({ done: 0, givenBack: 1, refused });
    await expect(statesOf(testConsole, 'loyalty', [id])).resolves.toEqual(['pending']);
    // It stays gone, so the next command refuses it at once.
    await expect(ask('loyalty', [id])).resolves.toBe('');
    const context = { consumer: 'loyalty', operator: 'olga' } as const;
    const actions = new Actions(testConsole.database);
    await expect(actions.refused(context, 'redrive', [id])).resolves.toEqual(refused);
    await expect(actions.unredrivable(context, {}, 1_000)).resolves.toContainEqual(refused[0]);
  });
});
