import { setTimeout as sleep } from 'node:timers/promises';
import { audit, type JudgeOptions } from './audit.js';
import type { AuditReport } from './report.js';
import type { Sources } from './stores/stores.js';
import { UnreadableStore } from './stores/unreadable-store.js';

const PAUSE_MS = 500;

/**
 * Repeats the audit until nothing is late or the wait is over, and returns the last report. The
 * default settle limit is 0: every payment that has completed is judged, however young, because a
 * system at rest has nothing on its way.
 *
 * @throws UnreadableStore if a store still does not answer at the end of the wait.
 */
export async function auditWhenQuiet(
  options: JudgeOptions & {
    sources: Sources;
    waitMaxMs: number;
    onWaiting?: (why: string) => void;
  },
): Promise<AuditReport> {
  const deadlineMs = Date.now() + options.waitMaxMs;
  for (;;) {
    try {
      const report = await audit({ ...options, settleLimitMs: options.settleLimitMs ?? 0 });
      const late = report.invariants.flatMap((invariant) => invariant.late);
      const [first] = late;
      if (!first || Date.now() >= deadlineMs) return report;
      const count = report.invariants.reduce((sum, { lateCount }) => sum + lateCount, 0);
      options.onWaiting?.(`${count} late, among them ${first.id}: ${first.why}`);
    } catch (error) {
      // A store that is being restarted answers later. Wait for it too.
      if (!(error instanceof UnreadableStore) || Date.now() >= deadlineMs) throw error;
      options.onWaiting?.(error.message);
    }
    await sleep(PAUSE_MS);
  }
}
