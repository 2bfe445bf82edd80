import { median, spread, type Spread } from '../../statistics/spread.js';
import { EFFECTS, type PipelineAudit } from '../audit/count-effects.js';
import { CONTESTANTS, type ContestantName } from '../contestants.js';
import type { EffectLatencies } from '../run/latency.js';
import type { TurnResult } from '../run/turn.js';
import type { Machine } from '../../statistics/this-machine.js';

/** What `npm run bench:pipeline -- --json` prints. */
export interface PipelineReport {
  version: 1;
  at: string;
  machine: Machine;
  load: { clients: number; seconds: number; rounds: number };
  /** In the order in which they ran. */
  turns: TurnResult[];
  /** With `kill -9` of a consumer, and of the relay or the connector. */
  kills: TurnResult[];
}

/** The medians of one contestant. */
export interface ContestantSummary {
  acceptedPerS: Spread;
  drainedPerS: Spread;
  coreMs: Spread;
  latencyMs: Record<keyof EffectLatencies, { p50: number; p99: number }>;
}

export type Summaries = Partial<Record<ContestantName, ContestantSummary>>;

/** A contestant without a turn is absent. */
export function summarize(turns: readonly TurnResult[]): Summaries {
  const summaries: Summaries = {};
  for (const name of CONTESTANTS) {
    const own = turns.filter(({ contestant }) => contestant === name);
    if (own.length === 0) continue;
    const latency = (effect: keyof EffectLatencies) => ({
      p50: median(own.map(({ latencyMs }) => latencyMs[effect].p50)),
      p99: median(own.map(({ latencyMs }) => latencyMs[effect].p99)),
    });
    summaries[name] = {
      acceptedPerS: spread(own.map(({ acceptedPerS }) => acceptedPerS)),
      drainedPerS: spread(own.map(({ drainedPerS }) => drainedPerS)),
      coreMs: spread(own.map(({ coreMs }) => coreMs ?? NaN)),
      latencyMs: {
        mails: latency('mails'),
        points: latency('points'),
        documents: latency('documents'),
        all: latency('all'),
      },
    };
  }
  return summaries;
}

/**
 * Ours to the raw chain: the drained payments per second of the same round. A round without both
 * counts nothing.
 * @returns undefined without such a round.
 */
export function ratioToRaw(turns: readonly TurnResult[]): Spread | undefined {
  const of = (name: ContestantName) => turns.filter(({ contestant }) => contestant === name);
  const raw = of('raw');
  const ratios = of('ours').flatMap((ours, round) => {
    const limit = raw[round];
    return limit ? [ours.drainedPerS / limit.drainedPerS] : [];
  });
  return ratios.length === 0 ? undefined : spread(ratios);
}

/** Payments with a lost effect, and with a doubled one, over all effects. */
export const lostAndDoubled = (audit: PipelineAudit): { lost: number; doubled: number } => ({
  lost: EFFECTS.reduce((sum, name) => sum + audit[name].lost, audit.acceptedAndLost),
  doubled: EFFECTS.reduce((sum, name) => sum + audit[name].doubled, audit.chargedTwice),
});

/**
 * Whether our system did what it promises: nothing lost, nothing doubled without a kill, and its
 * own audit is clean. What the others lose or double is the result of the comparison, no failure.
 */
export function oursIsClean({ turns, kills }: Pick<PipelineReport, 'turns' | 'kills'>): boolean {
  const ours = (results: TurnResult[]) => results.filter(({ contestant }) => contestant === 'ours');
  const keepsItsPromise = ({ drain, ourAudit, audit, failed }: TurnResult) =>
    drain === 'drained' &&
    ourAudit === 'ok' &&
    failed + lostAndDoubled(audit).lost === 0 &&
    audit.points.doubled + audit.chargedTwice + audit.wrongBalances === 0;
  return (
    [...ours(turns), ...ours(kills)].every(keepsItsPromise) &&
    // Only a kill can double a mail: the duplicate window.
    ours(turns).every(({ audit }) => audit.mails.doubled === 0)
  );
}
