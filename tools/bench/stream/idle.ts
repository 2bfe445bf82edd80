import { setTimeout as sleep } from 'node:timers/promises';
import { spread } from '../statistics/spread.js';
import { alternate, ratios, type PhaseFigures, type StreamTarget } from './alternate.js';
import { consoleCpuMsPerS, type Compared } from './cost.js';
import { totalOf } from '../cpu/cpu-times.js';

/** Milliseconds of CPU in a second. */
export interface IdleCost {
  console: Compared;
  stack: Compared;
  audits: { without: number; with: number };
}

type Phase = PhaseFigures<void>;

/** What an open stream costs while no payments come in. */
export async function measureIdle(
  target: StreamTarget,
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<IdleCost> {
  const figures = await alternate(target, { rounds }, async (name, round) => {
    await sleep(seconds * 1_000);
    target.print(`  ${round}/${rounds} ${name}`);
  });
  const compare = (figure: (phase: Phase) => number): Compared => ({
    without: spread(figures.without.map(figure)).median,
    with: spread(figures.with.map(figure)).median,
    ratio: ratios(figures, figure),
  });
  const audits = (phases: Phase[]) => phases.filter(({ hadAudit }) => hadAudit).length;
  return {
    console: compare(({ cpu, seconds: took }) => consoleCpuMsPerS(cpu, took)),
    stack: compare(({ cpu, seconds: took }) => (totalOf(cpu) * 1_000) / took),
    audits: { without: audits(figures.without), with: audits(figures.with) },
  };
}
