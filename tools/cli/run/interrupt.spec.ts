import { onInterrupt } from './interrupt.js';

afterEach(() => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.removeAllListeners(signal);
});

it('a Ctrl-C that arrives from terminal and npm counts once; a second Ctrl-C hurries', async () => {
  let nowMs = 0;
  let hurried = 0;
  const interrupted = onInterrupt(
    () => (hurried += 1),
    () => nowMs,
  );
  process.emit('SIGINT');
  await interrupted;
  nowMs = 200;
  process.emit('SIGINT');
  expect(hurried).toBe(0);
  nowMs = 2_000;
  process.emit('SIGINT');
  expect(hurried).toBe(1);
});
