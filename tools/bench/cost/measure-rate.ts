import { setTimeout as sleep } from 'node:timers/promises';
import { CONSUMERS } from '@effectively-once/contracts';
import { waitUntilDrained } from '../../faults/wait-until-drained.js';
import { difference, quantileMs, readHistogram, type Histogram } from '../statistics/histogram.js';
import type { Checkouts } from '../load/checkouts.js';
import { closedLoop } from '../load/closed-loop.js';
import { openLoop } from '../load/open-loop.js';
import {
  idleLedger,
  paymentLedger,
  sumOfCpu,
  type IdleLedger,
  type PaymentLedger,
} from './ledger.js';
import { costPerMillion, type PaymentAmounts, type Prices } from './price-model.js';
import type { Percentiles, RateReport } from './report.js';
import type { CostSources } from './sources/sources.js';

/** A number, not a time: a busy machine needs longer, but not fewer. */
const WARM_UP = { clients: 8, amount: 2_000 };
const END_TO_END = 'delivery_end_to_end_seconds';
const IDLE_TRIES_MAX = 3;
const LOOK_EVERY_MS = 5_000;
/** A rate holds if the effects keep up, and no client waits unusually long. */
const HOLDS = { p99MaxMs: 1_000, drainedAfterMaxS: 2 };

export interface CostLoad {
  paymentsUrl: string;
  consumerUrls: Record<(typeof CONSUMERS)[number], string>;
  brokers: string[];
  checkouts: Checkouts;
}

export async function warmUp({ checkouts, paymentsUrl, brokers }: CostLoad): Promise<void> {
  await closedLoop(WARM_UP, checkouts, paymentsUrl);
  await waitUntilDrained(brokers);
}

/**
 * The console audits every minute. An audit in so short a time would be subtracted from every rate
 * as if it were always there. So a time with an audit is measured again.
 */
export async function measureIdleSystem(
  sources: Pick<CostSources, 'read' | 'lastAudit'>,
  seconds: number,
): Promise<IdleLedger & { hadAudit: boolean }> {
  for (let tries = 1; ; tries += 1) {
    const auditBefore = await sources.lastAudit();
    const before = await sources.read();
    await sleep(seconds * 1_000);
    const idle = idleLedger(before, await sources.read());
    const hadAudit = (await sources.lastAudit()) !== auditBefore;
    if (!hadAudit || tries === IDLE_TRIES_MAX) return { ...idle, hadAudit };
  }
}

/**
 * Offers payments at a steady rate, and measures until every consumer has committed every record.
 * @throws Error if nothing was paid, if the consumers need more than two minutes to catch up, or if
 * a service was restarted.
 */
export async function measureRate(
  load: CostLoad,
  sources: CostSources,
  {
    rate,
    seconds,
    idle,
    prices,
  }: {
    rate: number;
    seconds: number;
    idle: IdleLedger;
    prices: Prices;
  },
): Promise<RateReport> {
  const effectsBefore = await readEffects(load);
  const auditBefore = await sources.lastAudit();
  const before = await sources.read();
  const ownBefore = process.cpuUsage();
  const result = await watched(sources, async () => await offer(load, { rate, seconds }));
  const own = process.cpuUsage(ownBefore);
  const after = await sources.read();
  const hadAudit = (await sources.lastAudit()) !== auditBefore;
  const effects = await readEffects(load);
  const index = await sources.indexBytesPerDocument();
  const { paid, failed, p50Ms: p50, p90Ms: p90, p99Ms: p99, drainedAfterS } = result;
  const ledger = paymentLedger({ before, after, payments: paid }, idle);
  const latencyMs: Record<string, Percentiles> = { checkout: { p50, p90, p99 } };
  for (const consumer of CONSUMERS) {
    const during = difference(effects[consumer] ?? [], effectsBefore[consumer] ?? []);
    if ((during.at(-1)?.count ?? 0) > 0) latencyMs[consumer] = percentilesOf(during);
  }
  return {
    rate,
    paid,
    failed,
    drainedAfterS,
    hadAudit,
    ...(index === undefined ? {} : { indexBytesPerDocument: index }),
    ledger,
    latencyMs,
    loadGeneratorMs: (own.user + own.system) / 1_000 / paid,
    costPerMillion: costPerMillion(amountsOf({ ledger, idle, rate, index }), prices),
  };
}

export const rateHolds = ({ failed, latencyMs, drainedAfterS }: RateReport): boolean =>
  failed === 0 &&
  (latencyMs['checkout']?.p99 ?? Infinity) <= HOLDS.p99MaxMs &&
  drainedAfterS <= HOLDS.drainedAfterMaxS;

export const HOLDS_MEANS =
  `all are paid, checkout p99 ≤ ${HOLDS.p99MaxMs} ms, and every effect is done ` +
  `${HOLDS.drainedAfterMaxS} s after the last answer`;

async function offer(load: CostLoad, { rate, seconds }: { rate: number; seconds: number }) {
  const result = await openLoop({ perSecond: rate, seconds }, load.checkouts, load.paymentsUrl);
  const answeredAtMs = performance.now();
  await waitUntilDrained(load.brokers);
  return { ...result, drainedAfterS: (performance.now() - answeredAtMs) / 1_000 };
}

/** Looks at the connections now and then, so that those which are closed meanwhile count. */
async function watched<Result>(
  sources: Pick<CostSources, 'look'>,
  during: () => Promise<Result>,
): Promise<Result> {
  const done = new AbortController();
  const looking = (async () => {
    while (!done.signal.aborted) {
      await sleep(LOOK_EVERY_MS, undefined, { signal: done.signal }).catch(() => undefined);
      await sources.look();
    }
  })();
  try {
    const [result] = await Promise.all([during().finally(() => done.abort()), looking]);
    return result;
  } finally {
    done.abort();
  }
}

async function readEffects({ consumerUrls }: CostLoad): Promise<Record<string, Histogram>> {
  const histograms = CONSUMERS.map(
    async (name) => [name, await readHistogram(consumerUrls[name], END_TO_END)] as const,
  );
  return Object.fromEntries(await Promise.all(histograms));
}

function percentilesOf(histogram: Histogram): Percentiles {
  const [p50 = NaN, p90 = NaN, p99 = NaN] = [0.5, 0.9, 0.99].map((quantile) =>
    quantileMs(histogram, quantile),
  );
  return { p50, p90, p99 };
}

/** The bytes that the price table has a price for. */
export function amountsOf({
  ledger,
  idle,
  rate,
  index,
}: {
  ledger: PaymentLedger;
  idle: IdleLedger;
  rate: number;
  index?: number | undefined;
}): PaymentAmounts {
  const bytes = (where: string, what: string) =>
    ledger.counters.find(
      (counter) => counter.where === where && counter.what === what && counter.unit === 'B',
    )?.perPayment;
  const measured = {
    wal: bytes('postgres', 'write-ahead log'),
    topic: bytes('topic payment.completed', 'log'),
    index,
    redis: bytes('redis', 'memory of the data'),
    journal: bytes('journals', 'files'),
  };
  return {
    cpuMs: ledger.coreMs,
    idleCpuMs: sumOfCpu(idle.cpuMsPerS) / rate,
    ...Object.fromEntries(Object.entries(measured).filter(([, value]) => value !== undefined)),
  };
}
