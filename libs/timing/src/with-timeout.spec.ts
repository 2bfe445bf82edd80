import { TimeoutError, withTimeout } from './with-timeout.js';

const never = new Promise<never>(() => undefined);

it('returns the result of work that is done in time', async () => {
  await expect(withTimeout(Promise.resolve('done'), 1_000)).resolves.toBe('done');
});

it('throws the error of work that fails in time', async () => {
  const failure = new Error('refused');
  await expect(withTimeout(Promise.reject(failure), 1_000)).rejects.toBe(failure);
});

it('stops waiting for work that takes longer', async () => {
  await expect(withTimeout(never, 5)).rejects.toBeInstanceOf(TimeoutError);
  await expect(withTimeout(never, 5)).rejects.toThrow('not done within 5 ms');
});

// An unhandled rejection ends the process.
it('ignores work that fails after the time limit', async () => {
  const unhandled: unknown[] = [];
  const listener = (reason: unknown) => void unhandled.push(reason);
  process.on('unhandledRejection', listener);
  let fail: (error: Error) => void = () => undefined;
  const work = new Promise<void>((_, reject) => (fail = reject));
  await expect(withTimeout(work, 5)).rejects.toBeInstanceOf(TimeoutError);
  fail(new Error('too late'));
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', listener);
  expect(unhandled).toEqual([]);
});
