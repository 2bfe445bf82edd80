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

/** Hands on the process that takes the money, and a client that does not lose its key over it. */

const stack = at as typeof at & FaultTargets;

/** Pays, dies by SIGKILL at the point on the way, and resolves once another payments is ready. */
export async function payAndDieAt(point: string, request: Checkout): Promise<void> {
  const token = armFailurePoint(stack, 'payments', point);
  await expect(checkout(request)).rejects.toThrow(/fetch failed/);
  expect(existsSync(token)).toBe(false);
  await waitUntil('another payments', async () => {
    return (await fetch(new URL('/health/ready', at.PAYMENTS_URL))).ok || undefined;
  });
}

/** Asks again with the same key until the answer is final, as every client must. */
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

// Also when a test gave up in the middle: no process may outlive the tests that started it.
const started: Member[] = [];
afterAll(() => Promise.all(started.map(({ kill }) => kill())));

/** Another instance of payments beside the stack's, on the same database. */
export async function secondPayments(): Promise<Member> {
  const names = ['PAYMENTS_DATABASE_URL', 'AUTH_JWT_SECRET', 'SERVICE_TOKEN'] as const;
  const pspNames = ['PSP_URL', 'PSP_SECRET_KEY', 'PSP_WEBHOOK_SECRET'] as const;
  const env = [...names, ...pspNames].map((name) => [name, String((at as never)[name])] as const);
  const payments = {
    command: process.execPath,
    args: ['--enable-source-maps', 'dist/main.js'],
    cwd: join(process.cwd(), 'apps', 'payments'),
    env: { ...Object.fromEntries(env), NODE_ENV: 'test' },
    portVariable: 'PAYMENTS_PORT',
  };
  const member = await startSecondMember(
    { ...stack, CONSUMER_PROCESSES: { payments } },
    'payments',
  );
  started.push(member);
  return member;
}

/** Until the limited fault that is on has met its request. */
export async function untilFaultIsUsedUp(): Promise<void> {
  await waitUntil('the fault to be used up', async () => {
    const response = await fetch(new URL('/_faults', at.THIRD_PARTIES_URL));
    const { faults } = (await response.json()) as { faults: unknown[] };
    return faults.length === 0 || undefined;
  });
}
