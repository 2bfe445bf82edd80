import { setTimeout as sleep } from 'node:timers/promises';
import { readSamples } from '@effectively-once/testing/metrics';
import type { Service } from '../../stack/mode.js';
import { readCpuTimes, usedBetween, type CpuTimes } from '../cpu/cpu-times.js';
import { spread, type Spread } from '../statistics/spread.js';
import { OpenStream } from './open-stream.js';

/** The console stops to collect 5 s after its last page has left. */
const IDLE_AFTER_MS = 6_000;

/** What the parts of the benchmark measure. */
export interface StreamTarget {
  consoleUrl: string;
  /** Of an operator. */
  token: string;
  services: readonly Service[];
  print: (line: string) => void;
}

/** What happened while no page was open, or while one stream was. */
export interface PhaseFigures<Result> {
  result: Result;
  seconds: number;
  cpu: CpuTimes;
  /** Whether the console finished its regular audit meanwhile. A page makes it do so more often. */
  hadAudit: boolean;
}

export interface Alternation<Result> {
  without: PhaseFigures<Result>[];
  with: PhaseFigures<Result>[];
  /** What the open streams have received. */
  received: { events: number; bytes: number };
}

/**
 * Runs `phase` without a page and with one open stream in turns: A B, B A, A B, … A machine that
 * becomes slower or faster meanwhile then does so for both.
 *
 * @throws Error if other pages are open, if the stream ends, or if a service is restarted.
 */
export async function alternate<Result>(
  { consoleUrl, token, services }: StreamTarget,
  { rounds, idleAfterMs = IDLE_AFTER_MS }: { rounds: number; idleAfterMs?: number },
  phase: (name: 'without' | 'with', round: number) => Promise<Result>,
): Promise<Alternation<Result>> {
  await expectNoPage(consoleUrl);
  const figures: Alternation<Result> = {
    without: [],
    with: [],
    received: { events: 0, bytes: 0 },
  };
  let stream: OpenStream | undefined;
  const close = async () => {
    const received = await stream?.close();
    stream = undefined;
    figures.received.events += received?.events ?? 0;
    figures.received.bytes += received?.bytes ?? 0;
  };
  try {
    for (let round = 1; round <= rounds; round += 1) {
      const order = ['without', 'with'] as const;
      for (const name of round % 2 === 1 ? order : order.toReversed()) {
        if (name === 'with') stream ??= await OpenStream.open(consoleUrl, token);
        else if (stream) {
          await close();
          await sleep(idleAfterMs);
        }
        const run = () => phase(name, round);
        figures[name].push(await measured({ consoleUrl, services }, run));
      }
    }
  } finally {
    await close();
  }
  return figures;
}

async function measured<Result>(
  { consoleUrl, services }: Pick<StreamTarget, 'consoleUrl' | 'services'>,
  run: () => Promise<Result>,
): Promise<PhaseFigures<Result>> {
  const auditBefore = await lastAudit(consoleUrl);
  const before = await readCpuTimes(services);
  const startedAtMs = performance.now();
  const result = await run();
  const cpu = usedBetween(before, await readCpuTimes(services));
  const seconds = (performance.now() - startedAtMs) / 1_000;
  return { result, seconds, cpu, hadAudit: (await lastAudit(consoleUrl)) !== auditBefore };
}

async function lastAudit(consoleUrl: string): Promise<number | undefined> {
  return (await readSamples(consoleUrl, 'audit_last_run_timestamp_seconds'))[0]?.value;
}

/** A page of another visitor would be in every figure. */
export async function expectNoPage(consoleUrl: string): Promise<void> {
  const open = (await readSamples(consoleUrl, 'control_room_streams'))[0]?.value ?? 0;
  if (open > 0) throw new Error(`${open} pages of the control room are open; close them first`);
}

/** Of each round: the figure with a stream, divided by the one without. */
export function ratios<Result>(
  figures: Pick<Alternation<Result>, 'without' | 'with'>,
  figure: (phase: PhaseFigures<Result>) => number,
): Spread {
  return spread(figures.with.map((each, n) => figure(each) / figure(figures.without[n]!)));
}
