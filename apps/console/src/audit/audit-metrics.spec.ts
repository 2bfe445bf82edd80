import { UnreadableStore, type AuditReport } from '@effectively-once/audit';
import { register } from 'prom-client';
import { auditMetrics } from './audit-metrics.js';

const report = (violatedCount: number, since?: string) =>
  ({
    durationMs: 1_500,
    since,
    invariants: [{ id: 'I6', violatedCount, lateCount: 4 }],
  }) as AuditReport;

async function metrics(): Promise<string[]> {
  return (await register.metrics()).split('\n').filter((line) => line.startsWith('audit_'));
}

describe('the audit as metrics', () => {
  it('shows violations and late effects per invariant, and the time and duration of the audit', async () => {
    auditMetrics(() => 1_700_000_000_000).finished(report(3));
    await expect(metrics()).resolves.toEqual([
      'audit_violations{invariant="I6"} 3',
      'audit_late{invariant="I6"} 4',
      'audit_last_run_timestamp_seconds 1700000000',
      'audit_duration_seconds{kind="full"} 1.5',
    ]);
  });

  it('an audit that cannot finish names the store, and changes no verdict', async () => {
    const watch = auditMetrics(() => 1_700_000_000_000);
    watch.finished(report(3));
    watch.failed(new UnreadableStore('Redis', new Error('refused')));
    await expect(metrics()).resolves.toEqual(
      expect.arrayContaining([
        'audit_violations{invariant="I6"} 3',
        'audit_last_run_timestamp_seconds 1700000000',
        'audit_unfinished{store="Redis"} 1',
      ]),
    );
    watch.finished(report(0, '2026-11-20T12:00:00.000Z'));
    expect(await metrics()).toEqual(
      expect.arrayContaining([
        'audit_violations{invariant="I6"} 0',
        'audit_duration_seconds{kind="incremental"} 1.5',
      ]),
    );
    expect((await metrics()).join()).not.toContain('audit_unfinished{');
  });
});
