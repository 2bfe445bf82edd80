import { UnreadableStore, type AuditReport } from '@effectively-once/audit';
import { Gauge, register } from 'prom-client';
import type { Watch } from './standing-audit.js';

/**
 * What the last audit found. Only a violation sets `audit_violations`: what is late or cannot be read has
 * gauges of its own, and leaves what the last finished audit said as it is.
 */
export function auditMetrics(now: () => number): Watch {
  const violations = gauge('audit_violations', 'Violations the last audit found', ['invariant']);
  const late = gauge('audit_late', 'What the last audit found to be still on its way', [
    'invariant',
  ]);
  const lastRun = gauge('audit_last_run_timestamp_seconds', 'When the last audit was finished');
  const duration = gauge('audit_duration_seconds', 'How long the last audit took', ['kind']);
  const unfinished = gauge(
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

function gauge<Label extends string>(name: string, help: string, labelNames: Label[] = []) {
  // A process that makes the service again (a test) would be told that the name is taken.
  register.removeSingleMetric(name);
  return new Gauge({ name, help, labelNames });
}
