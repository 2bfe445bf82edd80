import { randomUUID } from 'node:crypto';
import autocannon from 'autocannon';
import { demoToken } from '../cli/demo-token.js';
import type { Environment } from '../environment.js';

/** So many that the rate limit per user is nobody's limit. */
const USERS = 1_000;

export interface LoadResult {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  p999Ms: number;
  paid: number;
  /** Everything that was not answered with 201. */
  failed: number;
}

export interface Load {
  /** How long, or how many. */
  seconds?: number;
  checkouts?: number;
  /** Requests under way at once. */
  connections: number;
  /** An open loop: so many per second, whatever the answers take. Absent: as many as go through. */
  perSecond?: number;
}

/** Checkouts by many users, each of a new order with a new key. */
export async function checkoutLoad(
  environment: Environment,
): Promise<(load: Load, url: string) => Promise<LoadResult>> {
  const tokens = await Promise.all(
    Array.from({ length: USERS }, (_, index) =>
      demoToken(environment, { userId: `bench-${index}`, role: 'customer' }),
    ),
  );
  let made = 0;
  const setupRequest = (request: autocannon.Request): autocannon.Request => {
    made += 1;
    const token = tokens[made % USERS] ?? '';
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    };
    const order = { orderId: randomUUID(), amountMinor: 1299, currency: 'EUR' };
    return {
      ...request,
      headers,
      body: JSON.stringify({ ...order, paymentMethod: 'pm_card_visa' }),
    };
  };
  return async ({ seconds, checkouts, connections, perSecond }, url) => {
    const result = await autocannon({
      url,
      connections,
      ...(checkouts ? { amount: checkouts } : { duration: seconds ?? 1 }),
      ...(perSecond ? { overallRate: perSecond } : {}),
      requests: [{ method: 'POST', path: '/v1/payments', setupRequest }],
    });
    const { p50, p99, p99_9 } = result.latency as unknown as Record<string, number>;
    return {
      perSecond: result['2xx'] / result.duration,
      p50Ms: p50 ?? NaN,
      p99Ms: p99 ?? NaN,
      p999Ms: p99_9 ?? NaN,
      paid: result['2xx'],
      failed: result.non2xx + result.errors + result.timeouts,
    };
  };
}
