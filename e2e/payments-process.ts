import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  armFailurePoint,
  startSecondMember,
  waitUntil,
  type FaultTargets,
  type Member,
} from '@effectively-once/testing';
import { at, checkout, type Answer, type Checkout } from './system-under-test.js';

/**
 * Kills and starts payments processes; a client that keeps its idempotency key until the answer is
 * final.
 */

const stack = at as typeof at & FaultTargets;

/**
 * Sends a checkout during which payments kills itself at the failure point; resolves after its
 * restart.
 */
export async function payAndDieAt(point: string, request: Checkout): Promise<void> {
  const token = armFailurePoint(stack, 'payments', point);
  await expect(checkout(request)).rejects.toThrow(/fetch failed/);
  expect(existsSync(token)).toBe(false);
  await waitUntil('the restarted payments', async () => {
    return (await fetch(new URL('/health/ready', at.PAYMENTS_URL))).ok || undefined;
  });
}

/** Repeats the request with the same key until the answer is final, as every client must. */
export async function payUntilFinal(request: Checkout): Promise<Answer> {
  return await waitUntil('a final answer', async () => {
    const answer = await checkout(request);
    return isFinal(answer) ? answer : undefined;
  });
}

export function isFinal({ status, text }: Answer): boolean {
  if (status === 409) return !text.includes('/idempotency_in_flight"');
  return status !== 202 && status !== 429 && status < 500;
}

// Also after a failed test: no process may outlive the test that started it.
const started: Member[] = [];
afterAll(() => Promise.all(started.map(({ kill }) => kill())));

/** Starts a second payments process on the same database. `changed` adds environment variables. */
export async function secondPayments(changed: Record<string, string> = {}): Promise<Member> {
  const names = ['PAYMENTS_DATABASE_URL', 'AUTH_JWT_SECRET', 'SERVICE_TOKEN'] as const;
  const pspNames = ['PSP_URL', 'PSP_SECRET_KEY', 'PSP_WEBHOOK_SECRET'] as const;
  const env = [...names, ...pspNames].map((name) => [name, String((at as never)[name])] as const);
  const payments = {
    command: process.execPath,
    args: ['dist/main.js'],
    cwd: join(process.cwd(), 'apps', 'payments'),
    env: { ...Object.fromEntries(env), NODE_ENV: 'test', ...changed },
    portVariable: 'PAYMENTS_PORT',
  };
  const member = await startSecondMember(
    { ...stack, CONSUMER_PROCESSES: { payments } },
    'payments',
  );
  started.push(member);
  return member;
}

/** Waits until the fault with a limited `times` has hit its request. */
export async function untilFaultIsUsedUp(): Promise<void> {
  await waitUntil('the fault to be used up', async () => {
    const response = await fetch(new URL('/_faults', at.THIRD_PARTIES_URL));
    const { faults } = (await response.json()) as { faults: unknown[] };
    return faults.length === 0 || undefined;
  });
}
