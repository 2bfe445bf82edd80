import { CE_HEADERS, deadLetterTopic, DLQ_HEADERS } from '@effectively-once/contracts';
import { DeadLetters } from '../dead-letters.js';
import {
  produceDeadLetters,
  deadLetter,
  produceAndIngest,
  openTestConsole,
  ingestNow,
  type TestConsole,
} from '../dead-letters.fixture.js';
import { parseDeadLetter } from './parsed-dead-letter.js';
import type { IngestOptions } from './ingest.js';
import { asList } from '../requests.js';
import { IngestedDeadLetters } from './ingested-dead-letters.js';

let testConsole: TestConsole;
beforeAll(async () => (testConsole = await openTestConsole()));
afterAll(() => testConsole.close());

const allOf = async (consumer: 'email' | 'loyalty' | 'search') =>
  (await new DeadLetters(testConsole.database).list(consumer, asList({ limit: '1000' }))).items;

it('each dead letter is ingested once, also if the console ingests twice', async () => {
  const letters = [deadLetter('email'), deadLetter('email'), deadLetter('email')];
  const ids = await produceAndIngest(testConsole, 'email', letters);
  await ingestNow(testConsole);
  const mine = (await allOf('email')).filter(({ id }) => ids.includes(id));
  expect(mine.map(({ paymentId }) => paymentId).sort()).toEqual(
    letters.map(({ paymentId }) => paymentId).sort(),
  );
  expect(mine[0]).toEqual({
    id: expect.stringMatching(/^\d-\d+$/),
    state: 'pending',
    paymentId: expect.any(String),
    errorClass: 'permanent',
    errorName: 'MailboxUnavailable',
    errorMessage: 'the mailbox does not exist',
    attempts: 1,
    deadLetteredAt: new Date('2026-11-20T10:00:02.000Z'),
    redriveCount: 0,
    valueCut: null,
    redrivableUntil: null,
    cannotRedrive: null,
  });
});

it('a cut dead letter says how long its original record can be redriven', async () => {
  const diedAt = '2026-11-20T10:00:02.000Z';
  const cut = (timestamp: string) =>
    deadLetter('loyalty', {
      [DLQ_HEADERS.valueCut]: '1048000',
      [DLQ_HEADERS.originalTimestamp]: timestamp,
      [DLQ_HEADERS.deadLetteredAt]: diedAt,
    });
  const producedAt = String(Date.parse('2026-11-20T09:00:00Z'));
  const inTheFuture = String(Date.parse('2027-11-20T09:00:00Z'));
  const letters = [cut(producedAt), cut(inTheFuture), cut('-1')];
  const ids = await produceAndIngest(testConsole, 'loyalty', letters);
  const all = await allOf('loyalty');
  const listed = ids.map((id) => all.find((one) => one.id === id));
  expect(listed.map((one) => one?.valueCut)).toEqual([1_048_000, 1_048_000, 1_048_000]);
  // Three days from its timestamp. A timestamp that cannot be true counts from the failure.
  expect(listed.map((one) => one?.redrivableUntil?.toISOString())).toEqual([
    '2026-11-23T09:00:00.000Z',
    '2026-11-23T10:00:02.000Z',
    '2026-11-23T10:00:02.000Z',
  ]);
  const until = await new DeadLetters(testConsole.database).cutRedrivableUntil();
  expect(until).toEqual(new Map([['loyalty', new Date('2026-11-23T09:00:00.000Z')]]));
});

it('copies after a crash are one dead letter, with the id of the first copy', async () => {
  const one = deadLetter('loyalty');
  const [first] = await produceAndIngest(testConsole, 'loyalty', [one]);
  // Two copies in the same batch, and one in a later batch.
  await produceDeadLetters('loyalty', [one, one]);
  await ingestNow(testConsole);
  await produceDeadLetters('loyalty', [one]);
  await ingestNow(testConsole);
  const mine = (await allOf('loyalty')).filter(({ paymentId }) => paymentId === one.paymentId);
  expect(mine.map(({ id }) => id)).toEqual([first]);
});

it('a record that is dead-lettered again after a redrive is a new dead letter', async () => {
  const first = deadLetter('search');
  const again = { ...first, headers: { ...first.headers, [DLQ_HEADERS.redriveCount]: '1' } };
  await produceDeadLetters('search', [first, again]);
  await ingestNow(testConsole);
  const mine = (await allOf('search')).filter(({ paymentId }) => paymentId === first.paymentId);
  expect(mine.map(({ redriveCount }) => redriveCount).sort()).toEqual([0, 1]);
});

it('a false copy is listed as a dead letter of its own, and hides no other', async () => {
  const real = deadLetter('search');
  const impostor = { ...deadLetter('search'), headers: real.headers };
  await produceDeadLetters('search', [real]);
  await ingestNow(testConsole);
  await produceDeadLetters('search', [impostor]);
  await ingestNow(testConsole);
  await ingestNow(testConsole);
  const mine = (await allOf('search')).filter(({ paymentId }) => paymentId === real.paymentId);
  expect(mine).toHaveLength(2);
});

it('records with missing or invalid headers are listed, and delay no other', async () => {
  const silent = { key: null, value: null, headers: {} };
  const lies = Object.values(DLQ_HEADERS).flatMap((name) =>
    [
      '',
      '-1',
      '99999999999999999999',
      'NaN',
      '\0',
      '\ud800',
      'x'.repeat(70_000),
      '0000-01-01T00:00:00Z',
    ].map((lie) => deadLetter('email', { [name]: lie, ce_subject: 'alice@example.com' })),
  );
  const honest = deadLetter('email');
  await produceDeadLetters('email', [silent, ...lies]);
  const [id] = await produceAndIngest(testConsole, 'email', [honest]);
  expect(id).toMatch(/^\d-\d+$/);
  const items = await allOf('email');
  const { rows } = await testConsole.admin.query(
    'SELECT DISTINCT id FROM console.dead_letters WHERE event_id = ANY ($1)',
    [lies.map(({ headers }) => headers[CE_HEADERS.id])],
  );
  expect(rows).toHaveLength(lies.length);
  expect(items.filter(({ errorName }) => errorName === 'NoReason')).toContainEqual(
    expect.objectContaining({ errorClass: null, attempts: 0, redriveCount: 0, paymentId: null }),
  );
});

it('an interrupted ingestion stores neither rows nor positions', async () => {
  const ingested = new IngestedDeadLetters(testConsole.database);
  const topic = deadLetterTopic('loyalty');
  const { key, value, headers } = deadLetter('loyalty');
  const record = { topic, partition: 5, offset: 10_000_000n, key, value, timestampMs: 1 };
  const parsed = parseDeadLetter({ ...record, headers: asBuffers(headers) }, 'loyalty');
  const before = [(await allOf('loyalty')).length, await ingested.positions('loyalty')];
  // The last statement fails, because a position cannot be negative.
  await expect(ingested.add('loyalty', [parsed], upTo(5, -1n))).rejects.toThrow();
  expect([(await allOf('loyalty')).length, await ingested.positions('loyalty')]).toEqual(before);
});

it('a console that lags behind moves no position back', async () => {
  const ingested = new IngestedDeadLetters(testConsole.database);
  await ingested.add('search', [], upTo(0, 1_000n));
  await ingested.add('search', [], upTo(0, 10n));
  expect((await ingested.positions('search')).get(0)?.next).toBe(1_000n);
  await testConsole.admin.query(
    `DELETE FROM console.dead_letter_positions WHERE consumer = 'search'`,
  );
});

it('a record that expired before its ingestion is reported, and not awaited', async () => {
  await ingestNow(testConsole);
  await produceDeadLetters('loyalty', [deadLetter('loyalty'), deadLetter('loyalty')]);
  let missed = 0;
  // The topic has no record between the position and its end.
  const read: IngestOptions['read'] = async function* () {};
  await ingestNow(testConsole, { read, onMissed: (_, records) => (missed += records) });
  expect(missed).toBeGreaterThanOrEqual(2);
  const before = missed;
  await ingestNow(testConsole, { onMissed: (_, records) => (missed += records) });
  expect(missed).toBe(before);
});

it('the tables contain no key and no value', async () => {
  const one = deadLetter('email');
  await produceAndIngest(testConsole, 'email', [one]);
  const { rows } = await testConsole.admin.query('SELECT d::text FROM console.dead_letters d');
  const text = JSON.stringify(rows);
  expect(text).toContain(one.paymentId);
  expect(text).not.toContain(one.userId);
  expect(text).not.toContain('alice@example.com');
  expect(text).not.toContain('amountMinor');
});

const upTo = (partition: number, offset: bigint) => ({
  next: new Map([[partition, offset]]),
  topicId: undefined,
  since: new Map(),
});

const asBuffers = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]));
