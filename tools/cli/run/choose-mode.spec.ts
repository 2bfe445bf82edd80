import { readEnvironment } from '../../stack/environment.js';
import type { Mode, ModeName, Service } from '../../stack/mode.js';
import { otherModeOnSamePorts } from './choose-mode.js';

const environment = readEnvironment({ REDIS_PORT: '6379' });

/** A mode that runs redis on this port, or nothing. */
function mode(name: ModeName, port?: number, pid: number | null = 42): Mode {
  const url = `redis://127.0.0.1:${port}`;
  const redis = { name: 'redis', kind: 'server', url, pid, container: null } as Service;
  return {
    name,
    start: () => Promise.reject(new Error('not in this test')),
    stop: () => Promise.reject(new Error('not in this test')),
    isRunning: () => Promise.resolve(port !== undefined),
    services: () => Promise.resolve(port === undefined ? undefined : [redis]),
  };
}

it('names the other mode that runs on the same ports', async () => {
  const [native, compose] = [mode('native'), mode('compose', 6379)];
  expect(await otherModeOnSamePorts(native, environment, [native, compose])).toBe(compose);
});

it('accepts another mode on other ports, and another mode that does not run', async () => {
  const native = mode('native');
  for (const compose of [mode('compose', 16379), mode('compose'), mode('compose', 6379, null)]) {
    expect(await otherModeOnSamePorts(native, environment, [native, compose])).toBeUndefined();
  }
});

it('does not mistake the wanted mode for another one', async () => {
  const native = mode('native', 6379);
  expect(await otherModeOnSamePorts(native, environment, [native])).toBeUndefined();
});
