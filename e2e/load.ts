import { setTimeout as sleep } from 'node:timers/promises';
import { newId, pay } from './system-under-test.js';

const USERS = 30;

/**
 * Pays for many users at a constant rate (open loop). The faults of these stories are behind the
 * checkout, so each payment must succeed, unless payments sheds load and it comes back.
 *
 * @returns the ids of the payments.
 */
export async function payments(options: { count: number; perSecond: number }): Promise<string[]> {
  return await offer(options.perSecond, (offered) => offered < options.count);
}

/** Pays at this rate while `during` runs; resolves when all payments are paid. */
export async function whilePaying<Result>(
  perSecond: number,
  during: () => Promise<Result>,
): Promise<Result> {
  let isRunning = true;
  const offering = offer(perSecond, () => isRunning);
  try {
    return await during();
  } finally {
    isRunning = false;
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
