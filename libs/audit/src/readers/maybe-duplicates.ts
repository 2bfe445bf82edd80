import { Redis } from 'ioredis';
import type { Evidence } from '../evidence.js';

const STREAM = 'email:maybe-duplicate';
const PAGE_SIZE = 2_000;
const CONNECT_TIMEOUT_MS = 3_000;
const COMMAND_TIMEOUT_MS = 10_000;

/** Payment id → how many sends email declared as perhaps the second, before it sent them. */
export async function readMaybeDuplicates(url: string): Promise<Evidence['maybeDuplicates']> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    // An audit says at once that it cannot read; waiting for Redis to return is not its business.
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  // A failed connection also rejects connect(); unheard, ioredis prints it.
  let failure: Error | undefined;
  redis.on('error', (error: Error) => (failure = error));
  try {
    await redis.connect();
    return await countByPayment(redis);
  } catch (error) {
    // connect() only says "Connection is closed."; the event says why.
    throw failure ?? error;
  } finally {
    redis.disconnect();
  }
}

async function countByPayment(redis: Redis): Promise<Evidence['maybeDuplicates']> {
  const declared: Evidence['maybeDuplicates'] = new Map();
  let from = '-';
  for (;;) {
    const entries = await redis.xrange(STREAM, from, '+', 'COUNT', PAGE_SIZE);
    for (const [, fields] of entries) {
      const name = fields.indexOf('paymentId');
      const paymentId = name < 0 ? undefined : fields[name + 1];
      if (paymentId) declared.set(paymentId, (declared.get(paymentId) ?? 0) + 1);
    }
    if (entries.length < PAGE_SIZE) return declared;
    from = `(${entries.at(-1)?.[0]}`;
  }
}
