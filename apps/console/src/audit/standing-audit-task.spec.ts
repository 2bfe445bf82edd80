import type { AuditReport } from '@effectively-once/audit';
import { StandingAuditTask } from './standing-audit-task.js';

const turns = () => new Promise((resolve) => setImmediate(resolve));

function aTask() {
  let nowMs = 0;
  const ends: (() => void)[] = [];
  const standing = () =>
    new Promise<AuditReport>((resolve) => ends.push(() => resolve({} as AuditReport)));
  const logger = { info: () => undefined, error: () => undefined };
  const task = new StandingAuditTask({ standing }, { logger, now: () => nowMs });
  return { task, ends, pass: (ms: number) => void (nowMs += ms) };
}

it('an open page makes the audit run again, but not before its time', async () => {
  const { task, ends, pass } = aTask();
  task.start();
  ends[0]?.();
  await turns();
  pass(29_999);
  task.runIfOlderThan(30_000);
  await turns();
  expect(ends).toHaveLength(1);
  pass(1);
  task.runIfOlderThan(30_000);
  await turns();
  expect(ends).toHaveLength(2);
  await task.stop();
});

it('an audit that takes long is not followed by another one at once', async () => {
  const { task, ends, pass } = aTask();
  task.start();
  pass(45_000);
  task.runIfOlderThan(30_000);
  ends[0]?.();
  await turns();
  expect(ends).toHaveLength(1);
  await task.stop();
});
