import { setTimeout as sleep } from 'node:timers/promises';
import type { Mailer } from './mailer.js';
import type { Steps } from './network/wiretap.js';

/** One payment in so many ms, so that at a kill the receipts are at all steps of the handler. */
const EVERY_MS = 10;
/** More than the connections to the mail provider, so that all of them are open. */
const WARM_UP = 40;
/** A kill comes after the first receipts are done. */
const KILL_AFTER_MS = { atLeast: 600, random: 400 };

/** At a drawn time, or when a record reaches a failure point of the product. */
export type PlannedKill = { afterMs: number; point?: string };

/** A receipt of a process that was killed. */
export interface SweptReceipt {
  paymentId: string;
  /** The point, or nothing for a kill at a drawn time. */
  point?: string;
  /** What the process had sent for it. */
  steps: Steps;
  /** By the clock of `steps`. */
  killedMs: number;
}

export const drawnKill = (random: () => number, point?: string): PlannedKill => ({
  afterMs: Math.floor(KILL_AFTER_MS.atLeast + random() * KILL_AFTER_MS.random),
  ...(point === undefined ? {} : { point }),
});

/**
 * Kills the running process in the middle of a steady stream of payments, starts the next one, and
 * waits until it has processed everything.
 */
export async function sweepOnce(
  mailer: Mailer,
  { afterMs, point }: PlannedKill,
  onRestarted: (paymentIds: readonly string[]) => Promise<void> = async () => undefined,
): Promise<SweptReceipt[]> {
  const { tap } = mailer;
  // Cold, the first receipts wait for connections, and no two take the same time.
  await mailer.publish(Array.from({ length: WARM_UP }, () => crypto.randomUUID()));
  await mailer.untilDrained();
  const paymentIds: string[] = [];
  const killed = sleep(afterMs).then(async () => {
    if (point !== undefined) await mailer.dieAt(point);
    const killedMs = performance.now();
    await mailer.kill();
    return killedMs;
  });
  let isDead = false;
  const stopped = killed.finally(() => (isDead = true));
  while (!isDead) {
    const paymentId = crypto.randomUUID();
    paymentIds.push(paymentId);
    await Promise.all([mailer.publish([paymentId]), sleep(EVERY_MS)]);
  }
  const killedMs = await stopped;
  await mailer.start();
  await onRestarted(paymentIds);
  await mailer.untilDrained();
  return paymentIds.map((paymentId) => ({
    paymentId,
    ...(point === undefined ? {} : { point }),
    steps: tap.steps.get(paymentId) ?? {},
    killedMs,
  }));
}
