import { DLQ_HEADERS } from '@effectively-once/contracts';
import { Actions } from './actions.js';
import {
  deadLetter,
  produceAndIngest,
  openTestConsole,
  statesOf,
  type TestConsole,
} from '../dead-letters.fixture.js';
import { DeadLetterCauses } from '../causes.js';
import { DeadLetters } from '../dead-letters.js';
import { DeadLetterCommands } from './commands.js';
import { asDiscard, asPage, asRedrive } from '../requests.js';

let testConsole: TestConsole;
beforeAll(async () => (testConsole = await openTestConsole()));
afterAll(() => testConsole.close());

const commands = () =>
  new DeadLetterCommands(
    new Actions(testConsole.database),
    new DeadLetters(testConsole.database),
    async (_consumer, letters) => Promise.resolve({ ...NOTHING_KNOWN, unknown: letters.length }),
    () => undefined,
  );
const NOTHING_KNOWN = { toSend: 0, absorbed: 0, unknownBecause: [], source: 'a test' };
const olga = { consumer: 'loyalty', operator: 'olga' } as const;
const redrive = (request: object) => commands().redrive(olga, asRedrive(request));
const discard = (ids: string[]) =>
  commands().discard(olga, asDiscard({ ids, reason: 'made by hand' }));
const oneUser = Buffer.from('user-1');
const bury = (count: number, headers: Record<string, string> = {}) =>
  produceAndIngest(
    testConsole,
    'loyalty',
    // One user, so that all are in one partition, in this order.
    Array.from({ length: count }, () => ({ ...deadLetter('loyalty', headers), key: oneUser })),
  );

it('a redrive claims its dead letters, which stay pending and refuse other commands', async () => {
  const ids = await bury(2);
  const decided = await redrive({ ids });
  expect(decided).toMatchObject({
    dryRun: false,
    count: 2,
    refused: [],
    left: 0,
    action: { kind: 'redrive', operator: 'olga', filter: { ids }, count: 2, done: 0 },
  });
  await expect(statesOf(testConsole, 'loyalty', ids)).resolves.toEqual(['pending', 'pending']);
  const refused = ids.map((id) => ({ id, why: 'in_action' }));
  await expect(discard(ids)).rejects.toMatchObject({
    code: 'nothing_to_discard',
    status: 409,
    members: { refused },
  });
  await expect(redrive({ ids })).rejects.toMatchObject({
    code: 'nothing_to_redrive',
    status: 409,
    members: { refused },
  });
});

it('a dry run shows what a redrive would do, and changes nothing', async () => {
  const ids = await bury(3, { [DLQ_HEADERS.errorName]: 'DryRun' });
  const filter = { errorName: 'DryRun' };
  const dry = await redrive({ filter, max: 2, dryRun: true });
  expect(dry).toEqual({
    dryRun: true,
    count: 2,
    ids: ids.slice(0, 2),
    refused: [],
    left: 1,
    action: null,
    forecast: {
      ...NOTHING_KNOWN,
      unknown: 2,
      loopGuard: 0,
      gone: 0,
      inAction: 0,
      through: expect.stringMatching(/^\d+$/),
    },
  });
  await expect(redrive({ filter, dryRun: true })).resolves.toMatchObject({ count: 3, left: 0 });
});

it('a redrive claims at most `max`, and the rest can be redriven later', async () => {
  await bury(5, { [DLQ_HEADERS.errorName]: 'Many' });
  const request = { filter: { errorName: 'Many' }, max: 3 };
  await expect(redrive(request)).resolves.toMatchObject({ count: 3, left: 2 });
  await expect(redrive(request)).resolves.toMatchObject({ count: 2, left: 0 });
  const before = await new DeadLetters(testConsole.database).actions(asPage({ limit: '1' }));
  await expect(redrive(request)).resolves.toMatchObject({ count: 0, left: 0, action: null });
  // The redrive claimed nothing, so the action log has no entry.
  const after = await new DeadLetters(testConsole.database).actions(asPage({ limit: '1' }));
  expect(after.items).toEqual(before.items);
});

it('the loop guard refuses a fourth redrive, and names the dead letter', async () => {
  const headers = { [DLQ_HEADERS.errorName]: 'Loop' };
  const [fresh = ''] = await bury(1, { ...headers, [DLQ_HEADERS.redriveCount]: '2' });
  const looping = await bury(2, { ...headers, [DLQ_HEADERS.redriveCount]: '3' });
  const refused = looping.map((id) => ({ id, why: 'loop_guard' }));
  await expect(redrive({ ids: looping })).rejects.toMatchObject({ members: { refused } });
  await expect(redrive({ filter: { errorName: 'Loop' } })).resolves.toMatchObject({
    count: 1,
    ids: [fresh],
    refused,
  });
  // An operator can still discard it.
  await expect(discard(looping)).resolves.toMatchObject({ count: 2, refused: [] });
});

it('a command that expects another count does nothing, and says both counts', async () => {
  const ids = await bury(3, { [DLQ_HEADERS.errorName]: 'Expected' });
  const filter = { errorName: 'Expected', errorClass: 'permanent' };
  const { count, forecast } = await redrive({ filter, dryRun: true });
  expect(count).toBe(3);
  // A second operator decides about one of them in between.
  await discard(ids.slice(0, 1));
  const changed = (found: number) => ({
    code: 'count_changed',
    status: 409,
    members: { expected: 3, found },
  });
  await expect(redrive({ filter, expect: 3 })).rejects.toMatchObject(changed(2));
  await expect(
    commands().discard(olga, asDiscard({ filter, expect: 3, reason: 'no more' })),
  ).rejects.toMatchObject(changed(2));
  await expect(statesOf(testConsole, 'loyalty', ids.slice(1))).resolves.toEqual([
    'pending',
    'pending',
  ]);
  // One more dead letter makes three again, but not the three that were counted.
  const [late = ''] = await bury(1, { [DLQ_HEADERS.errorName]: 'Expected' });
  const counted = { ...filter, through: forecast?.through };
  await expect(redrive({ filter: counted, expect: 3 })).rejects.toMatchObject(changed(2));
  await expect(redrive({ filter: counted, expect: 2 })).resolves.toMatchObject({
    ids: ids.slice(1),
  });
  await expect(statesOf(testConsole, 'loyalty', [late])).resolves.toEqual(['pending']);
});

it('a discard by filter takes all that match, also those of the loop guard', async () => {
  const headers = { [DLQ_HEADERS.errorName]: 'AllOfThem', [DLQ_HEADERS.errorClass]: 'poison' };
  const ids = [
    ...(await bury(2, headers)),
    ...(await bury(1, { ...headers, [DLQ_HEADERS.redriveCount]: '3' })),
  ];
  const others = await bury(1, { ...headers, [DLQ_HEADERS.errorClass]: 'permanent' });
  const request = { filter: { errorName: 'AllOfThem', errorClass: 'poison' }, reason: 'a test' };
  expect(() => asDiscard(request)).toThrow(expect.objectContaining({ status: 400 }));
  await expect(
    commands().discard(olga, asDiscard({ ...request, expect: 3 })),
  ).resolves.toMatchObject({ count: 3, action: { filter: request.filter } });
  await expect(statesOf(testConsole, 'loyalty', ids)).resolves.toEqual(Array(3).fill('discarded'));
  await expect(statesOf(testConsole, 'loyalty', others)).resolves.toEqual(['pending']);
});

it('dead letters are grouped by cause, with their users and what stops a redrive', async () => {
  const headers = { [DLQ_HEADERS.errorName]: 'Grouped' };
  const [first = ''] = await bury(3, headers);
  await bury(1, { ...headers, [DLQ_HEADERS.redriveCount]: '3' });
  await produceAndIngest(testConsole, 'loyalty', [
    deadLetter('loyalty', { ...headers, [DLQ_HEADERS.deadLetteredAt]: '2026-11-21T08:00:00.000Z' }),
    { ...deadLetter('loyalty', headers), key: null },
    deadLetter('loyalty', { ...headers, [DLQ_HEADERS.errorClass]: 'nonsense' }),
  ]);
  await redrive({ ids: [first] });
  const causes = (await new DeadLetterCauses(testConsole.database).all('pending')).filter(
    ({ errorName }) => errorName === 'Grouped',
  );
  const group = {
    consumer: 'loyalty',
    errorName: 'Grouped',
    firstSeen: '2026-11-20T10:00:02.000Z',
  };
  expect(causes).toEqual([
    {
      ...group,
      errorClass: 'permanent',
      count: 6,
      users: 2,
      withoutKey: 1,
      inAction: 1,
      atLoopGuard: 1,
      lastSeen: '2026-11-21T08:00:00.000Z',
    },
    {
      ...group,
      errorClass: 'unknown',
      count: 1,
      users: 1,
      withoutKey: 0,
      inAction: 0,
      atLoopGuard: 0,
      lastSeen: '2026-11-20T10:00:02.000Z',
    },
  ]);
});

it('an unknown id refuses the whole request, and is named', async () => {
  const ids = await bury(1);
  const unknown = { code: 'unknown_dead_letters', status: 404, members: { unknown: ['0-999999'] } };
  await expect(redrive({ ids: [...ids, '0-999999'] })).rejects.toMatchObject(unknown);
  await expect(discard([...ids, '0-999999'])).rejects.toMatchObject(unknown);
  await expect(statesOf(testConsole, 'loyalty', ids)).resolves.toEqual(['pending']);
});

it('a discard is final, and the action log has the operator, the time and the reason', async () => {
  const ids = await bury(2);
  const { action } = await discard(ids);
  expect(action).toMatchObject({
    kind: 'discard',
    operator: 'olga',
    reason: 'made by hand',
    count: 2,
    done: 2,
    askedAt: expect.any(Date),
    finishedAt: expect.any(Date),
  });
  await expect(statesOf(testConsole, 'loyalty', ids)).resolves.toEqual(['discarded', 'discarded']);
  await expect(redrive({ ids })).rejects.toMatchObject({
    members: { refused: ids.map((id) => ({ id, why: 'discarded' })) },
  });
});

it('of concurrent commands for one dead letter, one gets it and the others are refused', async () => {
  const ids = await bury(60);
  const shuffled = (seed: number) =>
    ids
      .map((id, index) => ({ id, order: (index * 7 + seed * 13) % 61 }))
      .sort((one, other) => one.order - other.order)
      .map(({ id }) => id);
  const decisions = await Promise.allSettled([
    redrive({ ids: shuffled(1) }),
    discard(shuffled(2)),
    redrive({ ids: shuffled(3), max: 20 }),
    discard(shuffled(4)),
  ]);
  const claimed = decisions.flatMap((one) => (one.status === 'fulfilled' ? one.value.ids : []));
  expect([...claimed].sort()).toEqual([...ids].sort());
  const states = await statesOf(testConsole, 'loyalty', ids);
  const discarded = [decisions[1], decisions[3]].flatMap((one) =>
    one?.status === 'fulfilled' ? one.value.ids : [],
  );
  expect(states.filter((state) => state === 'discarded')).toHaveLength(discarded.length);
});

it('no statement of the console can change a final state', async () => {
  const ids = await bury(1);
  await discard(ids);
  const THIS = `consumer = 'loyalty' AND id = $1`;
  for (const sql of [
    `UPDATE console.dead_letters SET state = 'pending' WHERE ${THIS}`,
    `UPDATE console.dead_letters SET state = 'redriven' WHERE ${THIS}`,
  ]) {
    await expect(testConsole.database.query(sql, ids)).resolves.toEqual([[], 0]);
  }
  const remove = testConsole.database.query(`DELETE FROM console.dead_letters WHERE ${THIS}`, ids);
  await expect(remove).rejects.toThrow(/permission denied/);
  await expect(statesOf(testConsole, 'loyalty', ids)).resolves.toEqual(['discarded']);
});
