import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deadLetterTopic } from '@effectively-once/contracts';
import { headerTexts, readTopic } from '@effectively-once/kafka';
import { waitUntil } from '@effectively-once/testing';
import { pidOf } from './fault-injection.js';
import { at, checkout, findings, newId, withFault } from './system-under-test.js';

const ATTEMPTS_MAX = 5;
const KILLS = 1;
// Five attempts back off for 40 s in all, and a new member waits until the session of the killed
// one expires.
const DEAD_LETTER_WITHIN_MS = 120_000;

it('a record is attempted at most five times, plus once for each kill -9', async () => {
  const userId = newId('user');
  const address = `${userId}@example.com`;
  const letter = await withFault({ target: 'smtp', kind: '451', address }, async () => {
    expect((await checkout({ userId })).status).toBe(201);
    await waitUntil('two attempts', () => attempts(userId) >= 2);
    process.kill(pidOf('email'), 'SIGKILL');
    return await waitUntil('the dead letter', () => deadLetterOf(userId), DEAD_LETTER_WITHIN_MS);
  });
  expect(headerTexts(letter)).toMatchObject({
    dlq_error_class: 'transient',
    dlq_attempts: String(ATTEMPTS_MAX),
  });
  expect(attempts(userId)).toBeGreaterThanOrEqual(ATTEMPTS_MAX);
  expect(attempts(userId)).toBeLessThanOrEqual(ATTEMPTS_MAX + KILLS);
  await expect(findings()).resolves.toEqual([]);
});

/** Counted in the consumer's log file, which survives its processes. */
function attempts(userId: string): number {
  const lines = readFileSync(join(String(at['LOG_FOLDER']), 'email.log'), 'utf8').split('\n');
  return lines.filter((line) => line.includes('attempt failed') && line.includes(userId)).length;
}

async function deadLetterOf(userId: string) {
  const topic = deadLetterTopic('email');
  for await (const record of readTopic({ brokers: at.KAFKA_BROKERS, clientId: 'e2e', topic })) {
    if (record.key?.toString('utf8') === userId) return record;
  }
  return undefined;
}
