import { UnreadableStore, verdictOf, type AuditReport } from '@effectively-once/audit';
import type { Verdict } from './wire/overview.js';

// The standing audit runs every 60 s, and every 30 s while a page is open. After this long without
// a result, one run at least is missing.
const STALE_AFTER_MS = 90_000;

const NO_NUMBERS = { lost: 0, doubled: 0, late: 0, other: 0, payments: 0 };

/** What the console knows of its standing audit. */
export interface AuditState {
  /** The last report, if an audit has finished. */
  last: AuditReport | undefined;
  /** Why the audit after it could not finish; undefined if it could, or has not ended. */
  failure: unknown;
}

/**
 * The verdict that each page shows. `stale` comes first: numbers that are old, or that the last
 * audit could not confirm, say nothing about now. They are still passed on, as the last ones known.
 *
 *   no audit has finished, or the last one failed, or it is too old ──► stale, and why
 *   anything lost, doubled or other ──────────────────────────────────► violated
 *   anything late ────────────────────────────────────────────────────► late
 *   nothing ──────────────────────────────────────────────────────────► ok
 */
export function toVerdict({ last, failure }: AuditState, nowMs: number): Verdict {
  const counts = last ? verdictOf(last) : NO_NUMBERS;
  const why = whyStale({ last, failure }, nowMs);
  return {
    ...counts,
    state: why ? 'stale' : stateOf(counts),
    checkedAt: last?.cutoff ?? null,
    why,
  };
}

function stateOf(counts: typeof NO_NUMBERS): Verdict['state'] {
  if (counts.lost + counts.doubled + counts.other > 0) return 'violated';
  return counts.late > 0 ? 'late' : 'ok';
}

function whyStale({ last, failure }: AuditState, nowMs: number): string | null {
  // Not the error's own text: it may hold what a server has answered.
  if (failure instanceof UnreadableStore) return `${failure.store} cannot be read`;
  if (failure !== undefined) return 'the last audit failed; the console has logged why';
  if (!last) return 'no audit has finished yet';
  // Counted from the end of the audit. The next one may take as long as this one.
  const ageMs = nowMs - Date.parse(last.cutoff) - 2 * last.durationMs;
  if (ageMs <= STALE_AFTER_MS) return null;
  const ageS = Math.round((nowMs - Date.parse(last.cutoff)) / 1_000);
  return `the last audit is ${ageS} s old`;
}
