import { PAYMENT_COMPLETED, redriveTopic, type ConsumerName } from '@effectively-once/contracts';
import { GroupConsumer } from '@effectively-once/kafka';
import { Redis } from 'ioredis';
import pg from 'pg';

/** Fault injection: faults under which every process lives and every server answers. */

/** Redis may evict deduplication markers. Email has to claim nothing meanwhile. */
export async function letRedisEvict(redisUrl: string, during: () => Promise<void>): Promise<void> {
  const redis = new Redis(redisUrl);
  const policyIs = (policy: string) => redis.config('SET', 'maxmemory-policy', policy);
  try {
    await policyIs('volatile-lru');
    await during();
  } finally {
    await policyIs('noeviction');
    redis.disconnect();
  }
}

/** An idle transaction holds the write-ahead log back. The connector has to publish meanwhile. */
export async function holdLogBack(
  superuserUrl: string,
  during: () => Promise<void>,
): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl, application_name: 'faults' });
  await client.connect();
  try {
    await client.query('BEGIN');
    // Without an id a transaction holds no log back.
    await client.query('SELECT pg_current_xact_id()');
    await during();
  } finally {
    // The end of the session rolls its transaction back.
    await client.end();
  }
}

/** A member of the group that only sends heartbeats. Its partitions wait until it leaves. */
export async function joinAndDoNothing(
  options: { consumer: ConsumerName; brokers: string[]; sessionTimeoutMs: number },
  during: () => Promise<void>,
): Promise<void> {
  const { consumer, ...connection } = options;
  const idle = new GroupConsumer({
    ...connection,
    groupId: consumer,
    memberName: 'a-member-that-does-nothing',
    topics: [PAYMENT_COMPLETED, redriveTopic(consumer)],
    onAssigned: (partitions) => partitions.forEach((partition) => idle.pause(partition)),
    onRecords: () => undefined,
    onCrash: () => undefined,
  });
  await idle.start();
  try {
    await during();
  } finally {
    await idle.stop();
  }
}
