import { Redis } from 'ioredis';
import type { Take } from '../evidence/facts.js';

const STREAM = 'email:maybe-duplicate';
const PAGE_SIZE = 2_000;
const CONNECT_TIMEOUT_MS = 3_000;
const COMMAND_TIMEOUT_MS = 10_000;

/** Reads the sends that email declared as possible duplicates, before it sent them. */
export async function readMaybeDuplicates(
  url: string,
  take: Take<'maybe_duplicate'>,
): Promise<void> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    // The audit reports at once that it cannot read. It does not wait for Redis to return.
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  // A failed connection also rejects connect(). Without a listener, ioredis prints the error.
  let failure: Error | undefined;
  redis.on('error', (error: Error) => (failure = error));
  try {
    await redis.connect();
    await readStream(redis, take);
  } catch (error) {
    // connect() only says "Connection is closed." The error event has the reason.
    throw failure ?? error;
  } finally {
    redis.disconnect();
  }
}

async function readStream(redis: Redis, take: Take<'maybe_duplicate'>): Promise<void> {
  let from = '-';
  for (;;) {
    const entries = await redis.xrange(STREAM, from, '+', 'COUNT', PAGE_SIZE);
    for (const [, fields] of entries) {
      const name = fields.indexOf('paymentId');
      const paymentId = name < 0 ? undefined : fields[name + 1];
      if (paymentId) await take({ kind: 'maybe_duplicate', paymentId });
    }
    if (entries.length < PAGE_SIZE) return;
    from = `(${entries.at(-1)?.[0]}`;
  }
}
