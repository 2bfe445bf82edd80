import { percentile } from '../../statistics/spread.js';
import { EFFECTS, type EffectName, type PipelineEvidence } from '../audit/count-effects.js';

export interface LatencyMs {
  p50: number;
  p99: number;
}

/**
 * From the time at which the payment says it completed (just before its commit, by the clock of its
 * process) to the time at which the effect was in its store. `all`: until the last effect.
 */
export type EffectLatencies = Record<EffectName | 'all', LatencyMs>;

/** Of these payments only. A payment without an effect counts in no percentile of this effect. */
export function effectLatencies(
  evidence: PipelineEvidence,
  paid: ReadonlySet<string>,
): EffectLatencies {
  const completedAt = (id: string) => evidence.payments.get(id)?.completedAtMs ?? NaN;
  const last = new Map<string, number>();
  const of = (effect: EffectName): LatencyMs => {
    const first = firstTimes(evidence[effect].filter(({ paymentId }) => paid.has(paymentId)));
    for (const [id, atMs] of first) last.set(id, Math.max(last.get(id) ?? -Infinity, atMs));
    return percentiles([...first].map(([id, atMs]) => atMs - completedAt(id)));
  };
  const [mails, points, documents] = EFFECTS.map(of) as [LatencyMs, LatencyMs, LatencyMs];
  const all = percentiles([...last].map(([id, atMs]) => atMs - completedAt(id)));
  return { mails, points, documents, all };
}

/** When the last effect of these payments was there, in ms since the epoch. */
export function lastEffectAtMs(evidence: PipelineEvidence, paid: ReadonlySet<string>): number {
  return EFFECTS.flatMap((effect) => [...firstTimes(evidence[effect])])
    .filter(([id, atMs]) => paid.has(id) && Number.isFinite(atMs))
    .reduce((latest, [, atMs]) => Math.max(latest, atMs), 0);
}

/** A repeated effect does not make the payment later. */
function firstTimes(effects: PipelineEvidence['mails']): Map<string, number> {
  const first = new Map<string, number>();
  for (const { paymentId, atMs } of effects)
    first.set(paymentId, Math.min(first.get(paymentId) ?? Infinity, atMs));
  return first;
}

function percentiles(values: number[]): LatencyMs {
  const known = values.filter(Number.isFinite);
  return { p50: percentile(known, 0.5), p99: percentile(known, 0.99) };
}
