import { onInterrupt } from './interrupt.js';

afterEach(() => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.removeAllListeners(signal);
});

it('one keystroke that arrives by terminal and by npm counts once; a second one hurries', async () => {
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
