import type { AuditReport, InvariantReport } from '@effectively-once/audit/report';

/** Audits that the page remembers: half an hour of one every 30 s. */
const SEEN_MAX = 60;

/** One audit that this page has seen. */
export interface SeenAudit {
  cutoff: string;
  durationMs: number;
  isFull: boolean;
  statuses: Record<string, InvariantReport['status']>;
  findings: number;
}

/** Adds an audit to those before it, once, and drops the oldest. Oldest first. */
export function withAudit(seen: readonly SeenAudit[], report: AuditReport): SeenAudit[] {
  if (seen.some(({ cutoff }) => cutoff === report.cutoff)) return [...seen];
  const { cutoff, durationMs, invariants } = report;
  const audit: SeenAudit = {
    cutoff,
    durationMs,
    isFull: report.since === undefined,
    statuses: Object.fromEntries(invariants.map(({ id, status }) => [id, status])),
    findings: invariants.reduce((sum, each) => sum + each.violatedCount + each.lateCount, 0),
  };
  return [...seen, audit]
    .sort((one, other) => (one.cutoff < other.cutoff ? -1 : 1))
    .slice(-SEEN_MAX);
}

/** I1, I2, …, I12: by their number. */
export const byNumber = (invariants: readonly InvariantReport[]): InvariantReport[] =>
  [...invariants].sort((one, other) => Number(one.id.slice(1)) - Number(other.id.slice(1)));

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** A finding may name a payment, or a thing of a store that has no page. */
export const isPaymentId = (id: string): boolean => UUID.test(id);
