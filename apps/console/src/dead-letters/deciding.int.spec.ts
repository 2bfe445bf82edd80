import { DLQ_HEADERS } from '@effectively-once/contracts';
import { Actions } from './actions.js';
import { letter, listed, openWorld, statesOf, type World } from './dead-letters.fixture.js';
import { DeadLetters } from './dead-letters.js';
import { OperatorPath } from './commands.js';
import { asDiscard, asPage, asRedrive } from './requests.js';

let world: World;
beforeAll(async () => (world = await openWorld()));
afterAll(() => world.close());

const operatorPath = () =>
  new OperatorPath(new Actions(world.database), new DeadLetters(world.database), () => undefined);
const olga = { consumer: 'loyalty', operator: 'olga' } as const;
const redrive = (request: object) => operatorPath().redrive(olga, asRedrive(request));
const discard = (ids: string[]) =>
  operatorPath().discard(olga, asDiscard({ ids, reason: 'made by hand' }));
const oneUser = Buffer.from('user-1');
const bury = (count: number, headers: Record<string, string> = {}) =>
  listed(
    world,
    'loyalty',
    // Of one user, so that they lie in one partition, in this order.
    Array.from({ length: count }, () => ({ ...letter('loyalty', headers), key: oneUser })),
  );

it('a redrive claims what it names; until it is out that is pending, and nobody else may have it', async () => {
  const ids = await bury(2);
  const decided = await redrive({ ids });
  expect(decided).toMatchObject({
    ...{ dryRun: false, count: 2, refused: [], left: 0 },
    action: { kind: 'redrive', operator: 'olga', filter: { ids }, count: 2, done: 0 },
  });
  await expect(statesOf(world, 'loyalty', ids)).resolves.toEqual(['pending', 'pending']);
  const refused = ids.map((id) => ({ id, why: 'in_action' }));
  await expect(discard(ids)).rejects.toMatchObject({
    ...{ code: 'nothing_to_discard', status: 409, members: { refused } },
  });
  await expect(redrive({ ids })).rejects.toMatchObject({
    ...{ code: 'nothing_to_redrive', status: 409, members: { refused } },
  });
});

it('a dry run says what would be done, and does nothing', async () => {
  const ids = await bury(3, { [DLQ_HEADERS.errorName]: 'DryRun' });
  const filter = { errorName: 'DryRun' };
  const dry = await redrive({ filter, max: 2, dryRun: true });
  expect(dry).toEqual({
    ...{ dryRun: true, count: 2, ids: ids.slice(0, 2), refused: [], left: 1, action: null },
  });
  await expect(redrive({ filter, dryRun: true })).resolves.toMatchObject({ count: 3, left: 0 });
});

it('no redrive is larger than its max, and the rest is still there to be redriven', async () => {
  await bury(5, { [DLQ_HEADERS.errorName]: 'Many' });
  const request = { filter: { errorName: 'Many' }, max: 3 };
  await expect(redrive(request)).resolves.toMatchObject({ count: 3, left: 2 });
  await expect(redrive(request)).resolves.toMatchObject({ count: 2, left: 0 });
  const before = await new DeadLetters(world.database).actions(asPage({ limit: '1' }));
  await expect(redrive(request)).resolves.toMatchObject({ count: 0, left: 0, action: null });
  // Nothing was done, so nothing is written down.
  const after = await new DeadLetters(world.database).actions(asPage({ limit: '1' }));
  expect(after.items).toEqual(before.items);
});

it('the loop guard: what was redriven three times is named, and not redriven a fourth time', async () => {
  const headers = { [DLQ_HEADERS.errorName]: 'Loop' };
  const [fresh = ''] = await bury(1, { ...headers, [DLQ_HEADERS.redriveCount]: '2' });
  const looping = await bury(2, { ...headers, [DLQ_HEADERS.redriveCount]: '3' });
  const refused = looping.map((id) => ({ id, why: 'loop_guard' }));
  await expect(redrive({ ids: looping })).rejects.toMatchObject({ members: { refused } });
  await expect(redrive({ filter: { errorName: 'Loop' } })).resolves.toMatchObject({
    ...{ count: 1, ids: [fresh], refused },
  });
  // It ends all the same.
  await expect(discard(looping)).resolves.toMatchObject({ count: 2, refused: [] });
});

it('an id nobody knows is named, and nothing is done about the others either', async () => {
  const ids = await bury(1);
  const unknown = { code: 'unknown_dead_letters', status: 404, members: { unknown: ['0-999999'] } };
  await expect(redrive({ ids: [...ids, '0-999999'] })).rejects.toMatchObject(unknown);
  await expect(discard([...ids, '0-999999'])).rejects.toMatchObject(unknown);
  await expect(statesOf(world, 'loyalty', ids)).resolves.toEqual(['pending']);
});

it('what is discarded is done with: who, when and why is written down', async () => {
  const ids = await bury(2);
  const { action } = await discard(ids);
  expect(action).toMatchObject({
    ...{ kind: 'discard', operator: 'olga', reason: 'made by hand', count: 2, done: 2 },
    ...{ askedAt: expect.any(Date), finishedAt: expect.any(Date) },
  });
  await expect(statesOf(world, 'loyalty', ids)).resolves.toEqual(['discarded', 'discarded']);
  await expect(redrive({ ids })).rejects.toMatchObject({
    members: { refused: ids.map((id) => ({ id, why: 'discarded' })) },
  });
});

it('of those who decide about one dead letter at the same moment, one gets it, and the others hear so', async () => {
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
  const states = await statesOf(world, 'loyalty', ids);
  const discarded = [decisions[1], decisions[3]].flatMap((one) =>
    one?.status === 'fulfilled' ? one.value.ids : [],
  );
  expect(states.filter((state) => state === 'discarded')).toHaveLength(discarded.length);
});

it('a final state never changes, whatever statement the console sends', async () => {
  const ids = await bury(1);
  await discard(ids);
  const THIS = `consumer = 'loyalty' AND id = $1`;
  for (const sql of [
    `UPDATE console.dead_letters SET state = 'pending' WHERE ${THIS}`,
    `UPDATE console.dead_letters SET state = 'redriven' WHERE ${THIS}`,
  ]) {
    await expect(world.database.query(sql, ids)).resolves.toEqual([[], 0]);
  }
  const remove = world.database.query(`DELETE FROM console.dead_letters WHERE ${THIS}`, ids);
  await expect(remove).rejects.toThrow(/permission denied/);
  await expect(statesOf(world, 'loyalty', ids)).resolves.toEqual(['discarded']);
});
