import { CE_HEADERS, deadLetterTopic, DLQ_HEADERS } from '@effectively-once/contracts';
import { DeadLetters } from './dead-letters.js';
import { bury, letter, listed, openWorld, takeInNow, type World } from './dead-letters.fixture.js';
import { describeDeadLetter } from './parsed.js';
import type { IntakeOptions } from './intake.js';
import { asList } from './requests.js';
import { TakenIn } from './ingested.js';

let world: World;
beforeAll(async () => (world = await openWorld()));
afterAll(() => world.close());

const allOf = async (consumer: 'email' | 'loyalty' | 'search') =>
  (await new DeadLetters(world.database).list(consumer, asList({ limit: '1000' }))).items;

it('each dead letter is taken in once, however often one looks', async () => {
  const letters = [letter('email'), letter('email'), letter('email')];
  const ids = await listed(world, 'email', letters);
  await takeInNow(world);
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
  });
});

it('copies that a crash wrote are one dead letter, under the first id', async () => {
  const one = letter('loyalty');
  const [first] = await listed(world, 'loyalty', [one]);
  // Once in the same batch, and once much later.
  await bury('loyalty', [one, one]);
  await takeInNow(world);
  await bury('loyalty', [one]);
  await takeInNow(world);
  const mine = (await allOf('loyalty')).filter(({ paymentId }) => paymentId === one.paymentId);
  expect(mine.map(({ id }) => id)).toEqual([first]);
});

it('dead again after a redrive, it is a dead letter of its own', async () => {
  const first = letter('search');
  const again = { ...first, headers: { ...first.headers, [DLQ_HEADERS.redriveCount]: '1' } };
  await bury('search', [first, again]);
  await takeInNow(world);
  const mine = (await allOf('search')).filter(({ paymentId }) => paymentId === first.paymentId);
  expect(mine.map(({ redriveCount }) => redriveCount).sort()).toEqual([0, 1]);
});

it('what only claims to be a copy is listed as what it is, and hides nothing', async () => {
  const real = letter('search');
  const impostor = { ...letter('search'), headers: real.headers };
  await bury('search', [real]);
  await takeInNow(world);
  await bury('search', [impostor]);
  await takeInNow(world);
  await takeInNow(world);
  const mine = (await allOf('search')).filter(({ paymentId }) => paymentId === real.paymentId);
  expect(mine).toHaveLength(2);
});

it('records without or with impossible headers are listed, and hold up nobody', async () => {
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
    ].map((lie) => letter('email', { [name]: lie, ce_subject: 'alice@example.com' })),
  );
  const honest = letter('email');
  await bury('email', [silent, ...lies]);
  const [id] = await listed(world, 'email', [honest]);
  expect(id).toMatch(/^\d-\d+$/);
  const items = await allOf('email');
  const { rows } = await world.admin.query(
    'SELECT DISTINCT id FROM console.dead_letters WHERE event_id = ANY ($1)',
    [lies.map(({ headers }) => headers[CE_HEADERS.id])],
  );
  expect(rows).toHaveLength(lies.length);
  expect(items.filter(({ errorName }) => errorName === 'NoReason')).toContainEqual(
    expect.objectContaining({ errorClass: null, attempts: 0, redriveCount: 0, paymentId: null }),
  );
});

it('an interrupted intake has written neither rows nor positions', async () => {
  const takenIn = new TakenIn(world.database);
  const topic = deadLetterTopic('loyalty');
  const { key, value, headers } = letter('loyalty');
  const record = { topic, partition: 5, offset: 10_000_000n, key, value, timestampMs: 1 };
  const described = describeDeadLetter({ ...record, headers: asBuffers(headers) }, 'loyalty');
  const before = [(await allOf('loyalty')).length, await takenIn.positions('loyalty')];
  // The last statement fails: no position lies below zero.
  await expect(takenIn.take('loyalty', [described], new Map([[5, -1n]]))).rejects.toThrow();
  expect([(await allOf('loyalty')).length, await takenIn.positions('loyalty')]).toEqual(before);
});

it('a console that is behind takes no position back', async () => {
  const takenIn = new TakenIn(world.database);
  await takenIn.take('search', [], new Map([[0, 1_000n]]));
  await takenIn.take('search', [], new Map([[0, 10n]]));
  expect((await takenIn.positions('search')).get(0)).toBe(1_000n);
  await world.admin.query(`DELETE FROM console.dead_letter_positions WHERE consumer = 'search'`);
});

it('what aged out before it was taken in is not awaited for ever, and not passed over in silence', async () => {
  await takeInNow(world);
  await bury('loyalty', [letter('loyalty'), letter('loyalty')]);
  let missed = 0;
  // The topic holds none of what lies between the position and its end.
  const read: IntakeOptions['read'] = async function* () {};
  await takeInNow(world, { read, onMissed: (_, records) => (missed += records) });
  expect(missed).toBeGreaterThanOrEqual(2);
  const before = missed;
  await takeInNow(world, { onMissed: (_, records) => (missed += records) });
  expect(missed).toBe(before);
});

it('nothing of a key or a value is in the tables', async () => {
  const one = letter('email');
  await listed(world, 'email', [one]);
  const { rows } = await world.admin.query('SELECT d::text FROM console.dead_letters d');
  const text = JSON.stringify(rows);
  expect(text).toContain(one.paymentId);
  expect(text).not.toContain(one.userId);
  expect(text).not.toContain('alice@example.com');
  expect(text).not.toContain('amountMinor');
});

const asBuffers = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]));
