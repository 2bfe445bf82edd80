import { UnreadableStore, type AuditReport } from '@effectively-once/audit';
import { freshGauge } from '@effectively-once/platform';
import type { Watch } from './standing-audit.js';

/**
 * What the last audit found. Only a violation sets `audit_violations`: what is late or cannot be read has
 * gauges of its own, and leaves what the last finished audit said as it is.
 */
export function auditMetrics(now: () => number): Watch {
  const violations = freshGauge('audit_violations', 'Violations the last audit found', [
    'invariant',
  ]);
  const late = freshGauge('audit_late', 'What the last audit found to be still on its way', [
    'invariant',
  ]);
  const lastRun = freshGauge(
    'audit_last_run_timestamp_seconds',
    'When the last audit was finished',
  );
  const duration = freshGauge('audit_duration_seconds', 'How long the last audit took', ['kind']);
  const unfinished = freshGauge(
    'audit_unfinished',
    '1 while audits cannot be finished, and the store why',
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
