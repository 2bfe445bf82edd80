import { setTimeout as sleep } from 'node:timers/promises';
import type { Mailer } from './mailer.js';

/** An outage of Redis, in which events are redelivered and new ones arrive. */
export interface RedisOutage {
  /** Mailed before the outage, and redelivered during it. */
  redelivered: string[];
  /** Published during the outage only. */
  fresh: string[];
  publishedAt: Date;
  healedAt: Date;
}

/** Redis is away for `awayMs`. Resolves when everything is processed. */
export async function takeRedisAway(
  mailer: Mailer,
  { payments, awayMs }: { payments: number; awayMs: number },
): Promise<RedisOutage> {
  const newIds = () => Array.from({ length: payments }, () => crypto.randomUUID());
  const [redelivered, fresh] = [newIds(), newIds()];
  await mailer.publish(redelivered);
  await mailer.untilDrained();
  mailer.redis.cut();
  const publishedAt = new Date();
  // The same events once more, as a connector publishes them after its crash.
  await mailer.publish([...redelivered, ...fresh]);
  await sleep(awayMs);
  mailer.redis.heal();
  const healedAt = new Date();
  await mailer.untilDrained();
  return { redelivered, fresh, publishedAt, healedAt };
}
