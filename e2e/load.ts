import { setTimeout as sleep } from 'node:timers/promises';
import { checkout, newId } from './system-under-test.js';

const USERS = 30;

/**
 * Payments of many users at a steady rate, whatever the answers take. Nothing that the stories break
 * concerns the customer, so each must be paid at its first try.
 *
 * @returns the payments' ids.
 */
export async function payments(options: { count: number; perSecond: number }): Promise<string[]> {
  return await offer(options.perSecond, (offered) => offered < options.count);
}

/** Payments come in for as long as `during` lasts, and it is answered once all are paid. */
export async function whilePaying<Result>(
  perSecond: number,
  during: () => Promise<Result>,
): Promise<Result> {
  let goesOn = true;
  const offering = offer(perSecond, () => goesOn);
  try {
    return await during();
  } finally {
    goesOn = false;
    await offering;
  }
}

async function offer(perSecond: number, more: (offered: number) => boolean): Promise<string[]> {
  const users = Array.from({ length: USERS }, () => newId('user'));
  const paid: Promise<string>[] = [];
  const startedAtMs = performance.now();
  while (more(paid.length)) {
    const dueInMs = startedAtMs + (paid.length * 1_000) / perSecond - performance.now();
    if (dueInMs > 0) await sleep(dueInMs);
    paid.push(pay(users[paid.length % USERS] as string));
  }
  return await Promise.all(paid);
}

async function pay(userId: string): Promise<string> {
  const { status, text, json } = await checkout({ userId });
  if (status !== 201) throw new Error(`a payment was answered with ${status}: ${text}`);
  return json['id'] as string;
}
