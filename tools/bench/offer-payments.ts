import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../stack/environment.js';
import { appUrl } from '../cli/clients/app-url.js';
import { demoToken } from '../cli/clients/demo-token.js';
import { pay } from '../cli/clients/payments-client.js';

const USERS = 100;
const RECONNECT_MS = 250;

/**
 * Offers payments at a steady rate whatever the answers take (an open loop: a slow system gets no
 * mercy), as good clients that keep their key until they know.
 */
export async function offerPayments(options: {
  environment: Environment;
  perSecond: number;
  seconds: number;
  /** How long a client goes on when nothing answers at all; 0 when that would be a finding. */
  unreachableForMaxMs?: number;
  signal?: AbortSignal;
}): Promise<{ offered: number; paid: number }> {
  const { environment, perSecond, seconds, unreachableForMaxMs = 0 } = options;
  const tokens = await Promise.all(
    Array.from({ length: USERS }, (_, index) =>
      demoToken(environment, { userId: `bench-${index}`, role: 'customer' }),
    ),
  );
  const offered = Math.round(perSecond * seconds);
  const startedAtMs = performance.now();
  const payments: Promise<boolean>[] = [];
  for (let n = 0; n < offered && !options.signal?.aborted; n += 1) {
    const dueInMs = startedAtMs + (n * 1_000) / perSecond - performance.now();
    if (dueInMs > 0) await sleep(dueInMs);
    payments.push(payOnce(environment, tokens[n % USERS] ?? '', unreachableForMaxMs));
  }
  const outcomes = await Promise.all(payments);
  return { offered: payments.length, paid: outcomes.filter(Boolean).length };
}

async function payOnce(
  environment: Environment,
  token: string,
  unreachableForMaxMs: number,
): Promise<boolean> {
  const client = {
    url: appUrl(environment, 'PAYMENTS'),
    token,
    onRetry: () => undefined,
    random: Math.random,
    wait: sleep,
  };
  const order = {
    orderId: randomUUID(),
    amountMinor: 1299,
    currency: 'EUR',
    paymentMethod: 'pm_card_visa',
  };
  const key = randomUUID();
  const giveUpAtMs = performance.now() + unreachableForMaxMs;
  for (;;) {
    try {
      return (await pay(client, order, key)).status === 201;
    } catch (error) {
      // Another answer got lost on the way: only the same key may be tried again.
      if (performance.now() >= giveUpAtMs) throw error;
      await sleep(RECONNECT_MS);
    }
  }
}
