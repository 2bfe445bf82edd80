import { CompletedHere } from './completed-here.js';

const completed = { id: 'p-1', status: 'COMPLETED', pspReference: 'pi_1' };
const asked = { id: 'p-1', pspReference: 'pi_1' };

async function remembering(payment: typeof completed, outcome: 'finalized' | 'lost') {
  const here = new CompletedHere();
  await here.remember(payment, Promise.resolve(outcome));
  return here;
}

it('a payment that this process completed is known with its PSP reference, and no other one', async () => {
  const here = await remembering(completed, 'finalized');
  expect(await here.has(asked)).toBe(true);
  expect(await here.has({ ...asked, pspReference: 'pi_2' })).toBe(false);
  expect(await here.has({ ...asked, id: 'p-2' })).toBe(false);
});

it.each([
  ['that another process finalized', completed, 'lost'],
  ['that was declined', { ...completed, status: 'DECLINED' }, 'finalized'],
] as const)('a payment %s is not known', async (_, payment, outcome) => {
  expect(await (await remembering(payment, outcome)).has(asked)).toBe(false);
});

it('a payment is not known when its statement failed, because nothing says what it did', async () => {
  const here = new CompletedHere();
  const failed = Promise.reject<'finalized'>(new Error('the connection was lost'));
  const known = [here.remember(completed, failed), here.has(asked)];
  const [remembered, has] = await Promise.allSettled(known);
  expect(remembered).toMatchObject({ status: 'rejected' });
  expect(has).toEqual({ status: 'fulfilled', value: false });
  expect(await here.has(asked)).toBe(false);
});

it('the answer waits for the statement that is under way', async () => {
  const here = new CompletedHere();
  let finish: (outcome: 'finalized') => void = () => undefined;
  const statement = new Promise<'finalized'>((resolve) => (finish = resolve));
  const remembered = here.remember(completed, statement);
  let answer: boolean | undefined;
  const has = here.has(asked).then((known) => (answer = known));
  await new Promise(setImmediate);
  expect(answer).toBeUndefined();
  finish('finalized');
  await Promise.all([remembered, has]);
  expect(answer).toBe(true);
});

it('only the latest payments are kept', async () => {
  const here = new CompletedHere(2);
  for (const id of ['p-1', 'p-2', 'p-3'])
    await here.remember({ ...completed, id }, Promise.resolve('finalized'));
  expect(await here.has(asked)).toBe(false);
  expect(await here.has({ ...asked, id: 'p-3' })).toBe(true);
});
