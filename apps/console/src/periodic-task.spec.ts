import type { Logger } from '@effectively-once/platform';
import { Repeat } from './periodic-task.js';

const NEVER_MS = 2_000_000;

/** A task that is run only when woken, and what was logged of it. */
function repeating(run: (signal: AbortSignal) => Promise<void>) {
  const lines: string[] = [];
  const line = (_: unknown, text: string) => lines.push(text);
  const logger = { info: line, error: line } as unknown as Logger;
  const repeat = new Repeat({ task: 'a task', everyMs: NEVER_MS, run, logger });
  return { repeat, lines };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('woken while it runs, it runs once more: what it was woken for may have come too late', async () => {
  let runs = 0;
  let goOn: () => void = () => undefined;
  const { repeat } = repeating(async () => {
    runs += 1;
    if (runs === 1) await new Promise<void>((resolve) => (goOn = resolve));
  });
  repeat.start();
  repeat.wake();
  repeat.wake();
  expect(runs).toBe(1);
  goOn();
  await turn();
  expect(runs).toBe(2);
  await repeat.stop();
});

it('says once that it fails, and once that it works again', async () => {
  let fails = true;
  const { repeat, lines } = repeating(async () => {
    if (fails) throw new Error('Kafka is away');
  });
  repeat.start();
  for (let time = 0; time < 3; time += 1) {
    await turn();
    repeat.wake();
  }
  fails = false;
  repeat.wake();
  await turn();
  await repeat.stop();
  expect(lines).toEqual(['a background task fails', 'a background task works again']);
});

it('stopped, it tells the run under way, waits for it and begins none', async () => {
  let runs = 0;
  let ended = false;
  const { repeat } = repeating(async (signal) => {
    runs += 1;
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    ended = true;
  });
  repeat.start();
  await repeat.stop();
  expect(ended).toBe(true);
  repeat.wake();
  await turn();
  expect(runs).toBe(1);
});
