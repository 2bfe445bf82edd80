import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { lineChart } from '../../bench/chart/line-chart.js';
import type { Lab, LabContext, LabResult } from '../lab.js';
import { FileLedger, readLedger } from '../process/records/file-ledger.js';
import {
  incidentAges,
  judgeWindow,
  onAKeptClock,
  windowClaims,
  windowOf,
  windowTable,
  type Redelivery,
  type WindowOutcome,
} from './redeliveries.js';

/** First deliveries are spread: a queue of requests would add to the ages. */
const FULL = { events: 500, msPerHour: 100, spreadMs: 12_000 };
const SMALL = { events: 100, msPerHour: 40, spreadMs: 2_000 };
const FIXED_WINDOWS_HOURS = [6, 12, 24, 48, 72, 96];
const CURVE_POINTS = 80;

export const dedupWindow: Lab = {
  name: 'dedup-window',
  claim:
    'The share of doubled effects is the share of redeliveries that are older than the marker; a ' +
    'window from the worst observed redelivery age doubles none.',
  failureWindow: 'age of the redelivery > time to live of the deduplication marker',
  doesNotShow: [
    'Where your ages come from: these are drawn. Yours are in delivery_redelivery_age_seconds.',
    'The next incident, which can be worse than the worst one so far: the margin is for it.',
    'Markers that Redis evicts or loses in a failover, which is a shorter life than their TTL.',
    'A crash between effect and marker: the lab semantics measures that window.',
  ],
  minutes: 1,
  servers: ['redis'],
  run,
};

async function run(context: LabContext): Promise<LabResult> {
  const size = context.isSmall ? SMALL : FULL;
  const ages = incidentAges(context.random, size.events);
  const observed = windowOf(ages);
  const windows = [
    ...FIXED_WINDOWS_HOURS.map((ttlHours) => ({ name: `${ttlHours} h`, ttlHours })),
    { name: `${observed} h (worst observed + 25 %)`, ttlHours: observed },
  ];
  const redis = new Redis(context.redisUrl, { maxRetriesPerRequest: 1 });
  try {
    const redelivered = await onAKeptClock(size.msPerHour, windows, async (msPerHour) => {
      context.print(
        `  ${size.events} events for each of ${windows.length} windows at once; an hour is ${msPerHour} ms`,
      );
      return await Promise.all(
        windows.map((window) => redeliverAll(context, redis, { ...size, window, ages, msPerHour })),
      );
    });
    const outcomes = windows.map((window, index) => judgeWindow(window, redelivered[index] ?? []));
    const measured = redelivered.flat().map(({ ageHours }) => ageHours);
    return {
      table: windowTable(outcomes),
      figures: Object.fromEntries(
        outcomes.flatMap(({ name, older, doubled }) => [
          [`${name}: older`, older],
          [`${name}: doubled`, doubled],
        ]),
      ),
      claims: windowClaims(outcomes),
      picture: picture(outcomes, measured, observed),
    };
  } finally {
    await redis.quit();
  }
}

/** Delivers each event twice, with its age in between. The ledger says how many effects it has. */
async function redeliverAll(
  { folder, signal }: LabContext,
  redis: Redis,
  plan: { window: { ttlHours: number }; ages: number[]; msPerHour: number; spreadMs: number },
): Promise<Redelivery[]> {
  const { window, ages, msPerHour, spreadMs } = plan;
  const path = join(folder, `dedup-${window.ttlHours}-${msPerHour}.ledger`);
  const ledger = new FileLedger(path);
  const prefix = `lab:dedup:${crypto.randomUUID()}`;
  const ttlMs = Math.round(window.ttlHours * msPerHour);
  /** @returns the time by the clock of Redis, which is also the clock of its expiry. */
  const deliver = async (n: number): Promise<number> => {
    const setMarker = redis.multi().time().set(`${prefix}:${n}`, '1', 'PX', ttlMs, 'NX');
    const [time, marker] = (await setMarker.exec()) ?? [];
    const [seconds, micros] = (time?.[1] ?? []) as string[];
    const atMs = Number(seconds) * 1_000 + Number(micros) / 1_000;
    if (marker?.[1] === 'OK') {
      ledger.append({ user: String(n), n, producedAtMs: atMs, doneAtMs: Date.now() });
    }
    return atMs;
  };
  const measured = await Promise.all(
    ages.map(async (ageHours, n) => {
      await sleep((n / ages.length) * spreadMs, undefined, { signal });
      const firstAtMs = await deliver(n);
      await sleep(ageHours * msPerHour, undefined, { signal });
      return ((await deliver(n)) - firstAtMs) / msPerHour;
    }),
  );
  ledger.close();
  const effects = new Map<number, number>();
  for (const { n } of readLedger(path)) effects.set(n, (effects.get(n) ?? 0) + 1);
  return measured.map((ageHours, n) => ({ ageHours, effects: effects.get(n) ?? 0 }));
}

function picture(outcomes: readonly WindowOutcome[], ages: number[], observed: number): string {
  const step = observed / CURVE_POINTS;
  const olderThan = (hours: number) =>
    (ages.filter((age) => age > hours).length * 100) / ages.length;
  return lineChart({
    title: 'How long must a deduplication marker live?',
    subtitle: `${ages.length} redeliveries; the clock is scaled, the markers are real keys of Redis`,
    x: { label: 'time to live of the marker, or age (h)' },
    y: { label: '% of the events' },
    series: [
      {
        name: 'redelivered later than this age',
        points: Array.from({ length: CURVE_POINTS + 1 }, (_, index) => ({
          x: index * step,
          y: olderThan(index * step),
        })),
      },
      {
        name: 'doubled with a marker of this life (measured)',
        points: outcomes.map(({ ttlHours, doubled }) => ({ x: ttlHours, y: doubled * 100 })),
      },
    ],
    marks: [
      { x: 24, label: '24 h' },
      { x: observed, label: `${observed} h` },
    ],
  });
}
