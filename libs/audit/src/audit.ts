import { collectEvidence } from './collect-evidence.js';
import { completedPayments, judgedPayments, SETTLE_LIMIT_DEFAULT_MS } from './evidence.js';
import { INVARIANTS } from './invariants.js';
import { statusOf, type AuditReport } from './report.js';
import { openStores, type Sources, type Stores } from './stores.js';

// The connector confirms a position after its next heartbeat (5 s), offset flush (1 s) and status update
// (5 s). Waited for only when an event is missing; shorter, a lost event would be called late.
const SLOT_WAIT_MAX_MS = 20_000;

export interface Judging {
  settleLimitMs?: number;
  now?: () => Date;
}

/**
 * Walks every payment through every store and names the ones lost or doubled. Reads only, and may run
 * while payments come in: what is on its way is `late`, never `violated`.
 *
 * @throws UnreadableStore naming the store, when one does not answer. No verdict is given on a part.
 */
export async function audit(options: Judging & { sources: Sources }): Promise<AuditReport> {
  const stores = await openStores(options.sources);
  try {
    return await auditStores(stores, options);
  } finally {
    await stores.close();
  }
}

/** The audit of stores somebody else opened, or tampered with. */
export async function auditStores(stores: Stores, judging: Judging): Promise<AuditReport> {
  const now = judging.now ?? (() => new Date());
  const cutoff = now();
  const settleLimitMs = judging.settleLimitMs ?? SETTLE_LIMIT_DEFAULT_MS;
  const evidence = await collectEvidence(
    stores,
    { cutoffMs: cutoff.getTime(), settleLimitMs },
    { slotWaitMaxMs: SLOT_WAIT_MAX_MS },
  );
  const invariants = INVARIANTS.map(({ id, title, judge }) => {
    const judgement = judge(evidence);
    return { id, title, status: statusOf(judgement), ...judgement };
  });
  const judged = [...judgedPayments(evidence)].length;
  return {
    cutoff: cutoff.toISOString(),
    settleLimitS: settleLimitMs / 1_000,
    payments: judged,
    tooYoung: completedPayments(evidence) - judged,
    durationMs: now().getTime() - cutoff.getTime(),
    invariants,
  };
}
