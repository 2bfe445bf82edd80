import { collectEvidence, type Sources } from './collect-evidence.js';
import { judgedPayments } from './evidence.js';
import { INVARIANTS } from './invariants.js';
import { statusOf, type AuditReport } from './report.js';

/** Payments that completed less than this ago are not judged, in ms. */
export const SETTLE_LIMIT_DEFAULT_MS = 120_000;

export interface AuditOptions {
  sources: Sources;
  settleLimitMs?: number;
  now?: () => Date;
}

/**
 * Walks every payment through every store and names the ones lost or doubled. Reads only, and may run
 * while payments come in: what is on its way is `late`, never `violated`.
 *
 * @throws UnreadableStore naming the store, when one does not answer. No verdict is given on a part.
 */
export async function audit(options: AuditOptions): Promise<AuditReport> {
  const now = options.now ?? (() => new Date());
  const cutoff = now();
  const settleLimitMs = options.settleLimitMs ?? SETTLE_LIMIT_DEFAULT_MS;
  const evidence = await collectEvidence(options.sources, {
    cutoffMs: cutoff.getTime(),
    settleLimitMs,
  });
  const invariants = INVARIANTS.map(({ id, title, judge }) => {
    const judgement = judge(evidence);
    return { id, title, status: statusOf(judgement), ...judgement };
  });
  return {
    cutoff: cutoff.toISOString(),
    settleLimitS: settleLimitMs / 1_000,
    payments: [...judgedPayments(evidence)].length,
    durationMs: now().getTime() - cutoff.getTime(),
    invariants,
  };
}
