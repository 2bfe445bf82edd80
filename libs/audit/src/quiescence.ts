import { setTimeout as sleep } from 'node:timers/promises';
import { audit, type Judging } from './audit.js';
import type { AuditReport } from './report.js';
import type { Sources } from './stores/stores.js';
import { UnreadableStore } from './stores/unreadable-store.js';

const PAUSE_MS = 500;

/**
 * Audits again and again until nothing is late, or the wait is over, and answers the last report.
 * Unless told otherwise it judges every payment completed by now, however young: a system at rest has no
 * excuse.
 *
 * @throws UnreadableStore when a store still does not answer at the end of the wait.
 */
export async function auditWhenQuiet(
  options: Judging & { sources: Sources; waitMaxMs: number; onWaiting: (why: string) => void },
): Promise<AuditReport> {
  const deadlineMs = Date.now() + options.waitMaxMs;
  for (;;) {
    try {
      const report = await audit({ ...options, settleLimitMs: options.settleLimitMs ?? 0 });
      const late = report.invariants.flatMap((invariant) => invariant.late);
      const [first] = late;
      if (!first || Date.now() >= deadlineMs) return report;
      const count = report.invariants.reduce((sum, { lateCount }) => sum + lateCount, 0);
      options.onWaiting(`${count} late, among them ${first.id}: ${first.why}`);
    } catch (error) {
      // A store that is just being restarted is one more thing to wait for.
      if (!(error instanceof UnreadableStore) || Date.now() >= deadlineMs) throw error;
      options.onWaiting(error.message);
    }
    await sleep(PAUSE_MS);
  }
}
