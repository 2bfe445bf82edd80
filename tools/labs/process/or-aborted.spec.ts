import { orAborted } from './or-aborted.js';

it('ends a wait that would never end, with the reason of the signal', async () => {
  const stop = new AbortController();
  const waiting = orAborted(stop.signal, new Promise(() => undefined));
  stop.abort(new Error('interrupted'));
  await expect(waiting).rejects.toThrow('interrupted');
  await expect(orAborted(stop.signal, Promise.resolve(1))).rejects.toThrow('interrupted');
});

it('returns what the wait returns, and throws what it throws', async () => {
  const { signal } = new AbortController();
  await expect(orAborted(signal, Promise.resolve(1))).resolves.toBe(1);
  await expect(orAborted(signal, Promise.reject(new Error('late')))).rejects.toThrow('late');
});
