import { UnreadableStore, type AuditReport } from '@effectively-once/audit';
import { freshGauge } from '@effectively-once/platform';
import type { Watch } from './standing-audit.js';

/**
 * The metrics of the last audit. Only a violation sets `audit_violations`. Late effects and
 * unreadable stores have their own gauges, and do not change the result of the last finished audit.
 */
export function auditMetrics(now: () => number): Watch {
  const violations = freshGauge('audit_violations', 'Violations that the last audit found', [
    'invariant',
  ]);
  const late = freshGauge('audit_late', 'Late effects that the last audit found', ['invariant']);
  const lastRun = freshGauge(
    'audit_last_run_timestamp_seconds',
    'When the last audit was finished',
  );
  const duration = freshGauge('audit_duration_seconds', 'How long the last audit took', ['kind']);
  const unfinished = freshGauge(
    'audit_unfinished',
    '1 while no audit can finish, and the store that is unreadable',
    ['store'],
  );
  return {
    finished({ invariants, durationMs, since }: AuditReport) {
      for (const { id, violatedCount, lateCount } of invariants) {
        violations.set({ invariant: id }, violatedCount);
        late.set({ invariant: id }, lateCount);
      }
      lastRun.set(now() / 1_000);
      duration.set({ kind: since ? 'incremental' : 'full' }, durationMs / 1_000);
      unfinished.reset();
    },
    failed(error) {
      unfinished.reset();
      unfinished.set({ store: error instanceof UnreadableStore ? error.store : 'none' }, 1);
    },
  };
}
