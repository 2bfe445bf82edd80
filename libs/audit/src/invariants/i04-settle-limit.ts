import { SETTLE_LIMIT_DEFAULT_MS, type Evidence, type PspOutage } from '../evidence/evidence.js';
import type { Judgement } from '../report.js';

/**
 * I4: no payment is PENDING or UNKNOWN for longer than the settle limit.
 *
 * A finding means that the completer does not finalize a payment, so a customer waits for an
 * answer: `other`, because the completer still finalizes it, one way or the other. Time in which
 * the circuit breaker to the PSP is open does not count: no payment can be finalized then.
 */
export function everyPaymentIsFinalInTime(evidence: Evidence): Judgement {
  const { payments, cutoffMs, settleLimitMs } = evidence;
  const judgement: Judgement = { checked: payments.size, violated: [], late: [] };
  const outages = merged(evidence.pspOutages);
  // With a limit of 0 the caller asks whether the system is at rest. So an open payment is late at
  // once, but violated only after the default limit.
  const mustBeAtRest = settleLimitMs === 0;
  const limitMs = mustBeAtRest ? SETTLE_LIMIT_DEFAULT_MS : settleLimitMs;
  for (const [id, { status, createdAtMs }] of payments) {
    if (status !== 'PENDING' && status !== 'UNKNOWN') continue;
    const waitedMs = cutoffMs - createdAtMs - overlapMs(outages, createdAtMs, cutoffMs);
    const why = `${status} for ${Math.round(waitedMs / 1_000)} s in which the PSP could be asked`;
    if (waitedMs > limitMs) judgement.violated.push({ id, kind: 'other', why });
    else if (mustBeAtRest) judgement.late.push({ id, kind: 'other', why });
  }
  return judgement;
}

/** Merges overlapping outages: two processes with an open circuit do not stop the clock twice. */
function merged(outages: PspOutage[]): PspOutage[] {
  const result: PspOutage[] = [];
  for (const outage of [...outages].sort((a, b) => a.fromMs - b.fromMs)) {
    const last = result.at(-1);
    if (last && outage.fromMs <= last.untilMs) {
      last.untilMs = Math.max(last.untilMs, outage.untilMs);
    } else {
      result.push({ ...outage });
    }
  }
  return result;
}

function overlapMs(outages: PspOutage[], fromMs: number, untilMs: number): number {
  return outages
    .map((outage) => Math.min(outage.untilMs, untilMs) - Math.max(outage.fromMs, fromMs))
    .filter((ms) => ms > 0)
    .reduce((sum, ms) => sum + ms, 0);
}
