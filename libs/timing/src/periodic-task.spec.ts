import { PeriodicTask } from './periodic-task.js';

const NEVER_MS = 2_000_000;

/** A task and its log messages. Unless the test sets a pause, only `wake` ends it. */
function periodicTask(run: (signal: AbortSignal) => Promise<unknown>, everyMs = NEVER_MS) {
  const messages: string[] = [];
  const log = (_: object, message: string) => void messages.push(message);
  const logger = { info: log, error: log };
  const task = new PeriodicTask({ name: 'a task', everyMs, run, logger });
  return { task, messages };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

it('runs again after each pause', async () => {
  let runs = 0;
  let goOn: () => void = () => undefined;
  const thirdRun = new Promise<void>((resolve) => (goOn = resolve));
  const { task } = periodicTask(async () => {
    runs += 1;
    if (runs === 3) goOn();
  }, 1);
  task.start();
  await thirdRun;
  await task.stop();
  expect(runs).toBe(3);
});

it('runs again when woken during a run, because that run may have started too early', async () => {
  let runs = 0;
  let goOn: () => void = () => undefined;
  const { task } = periodicTask(async () => {
    runs += 1;
    if (runs === 1) await new Promise<void>((resolve) => (goOn = resolve));
  });
  task.start();
  task.wake();
  task.wake();
  expect(runs).toBe(1);
  goOn();
  await nextTurn();
  expect(runs).toBe(2);
  await task.stop();
});

it('logs once that it fails, and once that it works again', async () => {
  let fails = true;
  const { task, messages } = periodicTask(async () => {
    if (fails) throw new Error('Kafka is down');
  });
  task.start();
  for (let time = 0; time < 3; time += 1) {
    await nextTurn();
    task.wake();
  }
  fails = false;
  task.wake();
  await nextTurn();
  await task.stop();
  expect(messages).toEqual(['a background task fails', 'a background task works again']);
});

it('aborts the current run when stopped, waits for it and starts no other', async () => {
  let runs = 0;
  let ended = false;
  const { task } = periodicTask(async (signal) => {
    runs += 1;
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    ended = true;
  });
  task.start();
  await task.stop();
  expect(ended).toBe(true);
  task.wake();
  await nextTurn();
  expect(runs).toBe(1);
});

// Otherwise the service could not stop while one of its tasks has much to catch up on.
it('lets a run of many rounds end early when stopped', async () => {
  let rounds = 0;
  const { task } = periodicTask(async (signal) => {
    while (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 1));
    rounds += 1;
  }, 1);
  task.start();
  await task.stop();
  expect(rounds).toBe(1);
});
