import type { Redis } from 'ioredis';

/**
 * Email waits up to 15 s for a receipt that a killed process had claimed. This ends the wait, as if
 * its time were over: for the small version of a lab. The claims stay, and with them the evidence.
 */
export async function endLeases(redis: Redis, paymentIds: readonly string[]): Promise<void> {
  for (const paymentId of paymentIds) {
    const key = `email:receipt:${paymentId}`;
    const stored = await redis.get(key);
    if (!stored?.startsWith('P:')) continue;
    await redis.set(key, stored.replace(/:\d+(:\d+)$/, ':0$1'), 'KEEPTTL');
  }
}

/**
 * Email asks the mail provider about a payment from before it first saw its Redis, because the
 * marker may be lost. Then it mails nothing twice. This makes the Redis of a lab an hour old, as
 * one in production is, so that the marker alone decides.
 */
export async function ageRedis(redis: Redis): Promise<void> {
  const runId = /run_id:(\w+)/.exec(await redis.info('server'))?.[1] ?? '';
  await redis.set('email:markers-since', `${runId}:${Date.now() - 3_600_000}`);
}
