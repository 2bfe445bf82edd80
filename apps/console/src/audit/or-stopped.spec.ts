import { getEventListeners } from 'node:events';
import { orStopped } from './or-stopped.js';

const forever = new Promise<void>(() => undefined);

it('is over with the work, and leaves nothing with a signal that lives on', async () => {
  const { signal } = new AbortController();
  for (let run = 0; run < 20; run++) await orStopped(Promise.resolve(), signal);
  await expect(orStopped(Promise.reject(new Error('no Redis')), signal)).rejects.toThrow(
    'no Redis',
  );
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

it('is over when it is stopped, whatever the work does', async () => {
  const stopping = new AbortController();
  const stopped = orStopped(forever, stopping.signal);
  stopping.abort();
  await stopped;
});
