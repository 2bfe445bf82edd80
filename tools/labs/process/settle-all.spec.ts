import { settleAll } from './settle-all.js';

it('throws the first error of the list, but only when all are done', async () => {
  const order: string[] = [];
  let finish: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => (finish = resolve)).then(
    () => void order.push('slow'),
  );
  const all = settleAll([slow, Promise.reject(new Error('one')), Promise.reject(new Error('two'))]);
  const failed = all.catch((error: Error) => void order.push(error.message));
  await new Promise(setImmediate);
  expect(order).toEqual([]);
  finish();
  await failed;
  expect(order).toEqual(['slow', 'one']);
});

it('returns the results in the order of the list', async () => {
  await expect(settleAll([Promise.resolve(1), Promise.resolve(2)])).resolves.toEqual([1, 2]);
});
