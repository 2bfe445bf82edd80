import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { LabContext } from '../lab.js';
import { endLeases } from '../process/product/redis-of-email.js';
import { settleAll } from '../process/settle-all.js';
import type { ExternalSystems } from '../process/product/external-systems.js';
import { Mailer } from './mailer.js';
import { stepTimes, type StepTimes } from './network/wiretap.js';
import { takeRedisAway, type RedisOutage } from './redis-away.js';
import { drawnKill, sweepOnce, type PlannedKill, type SweptReceipt } from './sweep.js';

/** Each message between the process and a server takes so long, so that kills hit every step. */
const DELAY_MS = 20;
const FULL = {
  timedKills: { product: 8, markerFirst: 8 },
  points: ['before_effect', 'after_effect_before_mark', 'before_commit'],
  calm: 60,
  outage: { payments: 30, awayMs: 5_000 },
};
const CALM_EVERY_MS = 20;
/** Its kill of the product always hits the window. */
const SMALL = {
  timedKills: { product: 0, markerFirst: 1 },
  points: ['after_effect_before_mark'],
  calm: 20,
  outage: { payments: 10, awayMs: 1_000 },
};

export interface Measured {
  swept: { product: SweptReceipt[]; markerFirst: SweptReceipt[] };
  kills: { product: number; markerFirst: number };
  outages: { failClosed: RedisOutage; failOpen: RedisOutage };
  /** Without the delay of the lab. */
  calm: StepTimes;
}

/** The three ways at the same time, each with a process and a network of its own. */
export async function measureMails(
  context: LabContext,
  systems: ExternalSystems,
  redis: Redis,
): Promise<Measured> {
  const { random, isSmall } = context;
  const size = isSmall ? SMALL : FULL;
  // Drawn before anything runs side by side, so that a seed always means the same kills.
  const timed = (length: number) => Array.from({ length }, () => drawnKill(random));
  const plans = {
    product: [
      ...timed(size.timedKills.product),
      ...size.points.map((point) => drawnKill(random, point)),
    ],
    markerFirst: timed(size.timedKills.markerFirst),
  };
  const sweep = async (mailer: Mailer, plan: readonly PlannedKill[]) => {
    const swept: SweptReceipt[] = [];
    mailer.delayMs = DELAY_MS;
    for (const [n, kill] of plan.entries()) {
      // The leases of the dead process last 15 s, for which the small version has no time.
      const onRestarted = (ids: readonly string[]) => endLeases(redis, isSmall ? ids : []);
      swept.push(...(await sweepOnce(mailer, kill, onRestarted)));
      context.print(`  ${mailer.way}: kill ${n + 1} of ${plan.length}`);
    }
    return swept;
  };
  const product = withMailer(context, systems, 'product', async (mailer) => {
    const calm = await mailCalmly(mailer, size.calm);
    const outage = await takeRedisAway(mailer, size.outage);
    return { calm, outage, swept: await sweep(mailer, plans.product) };
  });
  const markerFirst = withMailer(context, systems, 'marker first', (mailer) =>
    sweep(mailer, plans.markerFirst),
  );
  const failOpen = withMailer(context, systems, 'fail open', (mailer) =>
    takeRedisAway(mailer, size.outage),
  );
  await settleAll<unknown>([product, markerFirst, failOpen]);
  const { calm, outage, swept } = await product;
  return {
    swept: { product: swept, markerFirst: await markerFirst },
    kills: { product: plans.product.length, markerFirst: plans.markerFirst.length },
    outages: { failClosed: outage, failOpen: await failOpen },
    calm,
  };
}

async function withMailer<Result>(
  context: LabContext,
  systems: ExternalSystems,
  way: Mailer['way'],
  use: (mailer: Mailer) => Promise<Result>,
): Promise<Result> {
  const mailer = await Mailer.prepare(context, systems, way);
  try {
    await mailer.start();
    return await use(mailer);
  } finally {
    await mailer.close();
  }
}

/** One receipt after the other, without the delay of the lab, by a process that is warm. */
async function mailCalmly(mailer: Mailer, count: number): Promise<StepTimes> {
  const ids = () => Array.from({ length: count }, () => crypto.randomUUID());
  await mailer.publish(ids());
  await mailer.untilDrained();
  const measured = ids();
  for (const id of measured) {
    await mailer.publish([id]);
    await sleep(CALM_EVERY_MS);
  }
  await mailer.untilDrained();
  return stepTimes(measured.map((id) => mailer.tap.steps.get(id) ?? {}));
}
