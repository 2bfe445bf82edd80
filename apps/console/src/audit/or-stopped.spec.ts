import { getEventListeners } from 'node:events';
import { orStopped } from './or-stopped.js';

const forever = new Promise<void>(() => undefined);

it('resolves with the work, and leaves no listener on the signal', async () => {
  const { signal } = new AbortController();
  for (let run = 0; run < 20; run++) await orStopped(Promise.resolve(), signal);
  await expect(orStopped(Promise.reject(new Error('no Redis')), signal)).rejects.toThrow(
    'no Redis',
  );
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

it('resolves when it is stopped, also if the work never ends', async () => {
  const stopping = new AbortController();
  const stopped = orStopped(forever, stopping.signal);
  stopping.abort();
  await stopped;
});
