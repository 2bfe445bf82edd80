import { SETTLE_LIMIT_DEFAULT_MS, type Evidence, type Outage } from '../evidence/evidence.js';
import type { Judgement } from '../report.js';

/**
 * I4: no payment is PENDING or UNKNOWN longer than the settle limit. Its clock stands still while a
 * circuit to the PSP is open: nobody can settle anything then, and nobody should try.
 */
export function everyPaymentIsSettledInTime(evidence: Evidence): Judgement {
  const { payments, cutoffMs, settleLimitMs } = evidence;
  const judgement: Judgement = { checked: payments.size, violated: [], late: [] };
  const outages = merged(evidence.pspOutages);
  // A limit of nothing asks whether the system is at rest, not whether it is instantaneous.
  const isAskedForRest = settleLimitMs === 0;
  const limitMs = isAskedForRest ? SETTLE_LIMIT_DEFAULT_MS : settleLimitMs;
  for (const [id, { status, createdAtMs }] of payments) {
    if (status !== 'PENDING' && status !== 'UNKNOWN') continue;
    const waitedMs = cutoffMs - createdAtMs - overlapMs(outages, createdAtMs, cutoffMs);
    const why = `${status} for ${Math.round(waitedMs / 1_000)} s in which the PSP could be asked`;
    if (waitedMs > limitMs) judgement.violated.push({ id, why });
    else if (isAskedForRest) judgement.late.push({ id, why });
  }
  return judgement;
}

/** Two processes that find the PSP down at once do not stop the clock twice. */
function merged(outages: Outage[]): Outage[] {
  const result: Outage[] = [];
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

function overlapMs(outages: Outage[], fromMs: number, untilMs: number): number {
  return outages
    .map((outage) => Math.min(outage.untilMs, untilMs) - Math.max(outage.fromMs, fromMs))
    .filter((ms) => ms > 0)
    .reduce((sum, ms) => sum + ms, 0);
}
