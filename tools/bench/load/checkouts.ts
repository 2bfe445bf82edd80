import { randomUUID } from 'node:crypto';
import { demoToken } from '../../cli/clients/demo-token.js';
import type { Environment } from '../../stack/environment.js';

/** With this many users no user reaches the rate limit. */
const USERS = 1_000;

/** Checkout requests of many users. Each has a new order and a new key. */
export interface Checkouts {
  path: string;
  next: () => { headers: Record<string, string>; body: string };
}

export interface LoadResult {
  perSecond: number;
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
  p999Ms: number;
  paid: number;
  /** Every answer other than 201, and every request without an answer. */
  failed: number;
}

export async function checkoutsOfManyUsers(environment: Environment): Promise<Checkouts> {
  const tokens = await Promise.all(
    Array.from({ length: USERS }, (_, index) =>
      demoToken(environment, { userId: `bench-${index}`, role: 'customer' }),
    ),
  );
  let made = 0;
  const next = () => {
    made += 1;
    const headers = {
      authorization: `Bearer ${tokens[made % USERS] ?? ''}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    };
    const order = { orderId: randomUUID(), amountMinor: 1299, currency: 'EUR' };
    return { headers, body: JSON.stringify({ ...order, paymentMethod: 'pm_card_visa' }) };
  };
  return { path: '/v1/payments', next };
}
