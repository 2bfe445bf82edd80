import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../../stack/environment.js';
import { appUrl } from '../../cli/clients/app-url.js';
import { demoToken } from '../../cli/clients/demo-token.js';
import { pay } from '../../cli/clients/payments-client.js';

const USERS = 100;
const RECONNECT_MS = 250;

/**
 * Offers payments at a steady rate that does not depend on the answers (an open loop). Each client
 * retries with the same idempotency key until it has a final answer.
 */
export async function offerPayments(options: {
  environment: Environment;
  perSecond: number;
  seconds: number;
  /**
   * How long a client retries when payments is unreachable. 0: an unreachable payments is an error.
   */
  unreachableForMaxMs?: number;
  signal?: AbortSignal;
  /** Called for each payment with a 201. */
  onPaid?: (paymentId: string) => void;
}): Promise<{ offered: number; paid: number }> {
  const { environment, perSecond, seconds, unreachableForMaxMs = 0, onPaid } = options;
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
    const token = tokens[n % USERS] ?? '';
    payments.push(payOnce({ environment, token, unreachableForMaxMs, onPaid }));
  }
  const outcomes = await Promise.all(payments);
  return { offered: payments.length, paid: outcomes.filter(Boolean).length };
}

async function payOnce({
  environment,
  token,
  unreachableForMaxMs,
  onPaid,
}: {
  environment: Environment;
  token: string;
  unreachableForMaxMs: number;
  onPaid: ((paymentId: string) => void) | undefined;
}): Promise<boolean> {
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
      const { status, body } = await pay(client, order, key);
      if (status === 201) onPaid?.((JSON.parse(body) as { id: string }).id);
      return status === 201;
    } catch (error) {
      // The answer was lost. Only a retry with the same key is safe.
      if (performance.now() >= giveUpAtMs) throw error;
      await sleep(RECONNECT_MS);
    }
  }
}
