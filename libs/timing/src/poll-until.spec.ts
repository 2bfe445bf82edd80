import { pollUntil } from './poll-until.js';
import { TimeoutError } from './with-timeout.js';

it('checks again until the condition holds', async () => {
  let checks = 0;
  const condition = async () => (checks += 1) === 3;
  await pollUntil(condition, { everyMs: 1, timeoutMs: 5_000, timeoutMessage: () => 'unused' });
  expect(checks).toBe(3);
});

it('stops at the time limit, and tells what the last check found', async () => {
  let checks = 0;
  const polled = pollUntil(
    async () => {
      checks += 1;
      return false;
    },
    { everyMs: 1, timeoutMs: 20, timeoutMessage: () => `not true after ${checks} checks` },
  );
  await expect(polled).rejects.toThrow(/^not true after \d+ checks$/);
  await expect(polled).rejects.toBeInstanceOf(TimeoutError);
});

it('ends with the error of a check that fails', async () => {
  const failing = async () => Promise.reject(new Error('the task failed'));
  await expect(
    pollUntil(failing, { everyMs: 1, timeoutMs: 5_000, timeoutMessage: () => 'unused' }),
  ).rejects.toThrow('the task failed');
});
