import type {
  AuditReport,
  Finding,
  InvariantReport,
  InvariantStatus,
} from '@effectively-once/audit';
import pc from 'picocolors';

/** Findings that the table shows per invariant. --json has up to a thousand. */
const FINDINGS_SHOWN_MAX = 20;
const TITLE_WIDTH = 72;

const COLOUR: Record<InvariantStatus, (text: string) => string> = {
  ok: pc.green,
  late: pc.yellow,
  violated: pc.red,
};

/** The audit report as text: one line per invariant, and below it the ids that break it. */
export function auditTable(report: AuditReport): string {
  const { cutoff, since, settleLimitS, durationMs, invariants, tooYoung } = report;
  const judgedBefore = new Date(Date.parse(cutoff) - settleLimitS * 1_000).toISOString();
  return [
    `judged ${count(report.payments)} payments that completed ` +
      `${since ? `from ${since} on and ` : ''}before ${judgedBefore}, ` +
      `in ${(durationMs / 1_000).toFixed(1)} s`,
    ...(tooYoung > 0
      ? [
          `${count(tooYoung)} younger than ${settleLimitS} s are not judged yet; --wait=30 judges all`,
        ]
      : []),
    '',
    ...invariants.flatMap(lines),
    '',
    conclusion(report),
  ].join('\n');
}

function lines(invariant: InvariantReport): string[] {
  const { id, title, status, checked, violated, violatedCount, late, lateCount } = invariant;
  const counts = [
    `${count(checked)} checked`,
    ...(lateCount > 0 ? [`${count(lateCount)} late`] : []),
    ...(violatedCount > 0 ? [`${count(violatedCount)} violated`] : []),
  ].join(', ');
  return [
    `${id.padEnd(4)} ${COLOUR[status](status.padEnd(9))} ${title.padEnd(TITLE_WIDTH)} ${counts}`,
    ...findings({ named: violated, count: violatedCount, status: 'violated' }),
    ...findings({ named: late, count: lateCount, status: 'late' }),
  ];
}

function findings(found: { named: Finding[]; count: number; status: InvariantStatus }): string[] {
  const shown = found.named.slice(0, FINDINGS_SHOWN_MAX);
  const hidden = found.count - shown.length;
  const all =
    found.count > found.named.length ? `the first ${count(found.named.length)}` : 'them all';
  return [
    ...shown.map(({ id, why }) => `     ${COLOUR[found.status](id)}  ${why}`),
    ...(hidden > 0 ? [`     and ${count(hidden)} more; --json names ${all}`] : []),
  ];
}

function conclusion({ invariants, payments, tooYoung }: AuditReport): string {
  const broken = invariants.filter(({ status }) => status === 'violated').map(({ id }) => id);
  if (broken.length > 0) return pc.red(`violated: ${broken.join(', ')}`);
  // Without judged payments the report must not say that nothing is lost.
  if (payments === 0 && tooYoung > 0) {
    return pc.yellow('no payment is old enough to be judged; --wait=30 judges all');
  }
  const late = invariants.some(({ status }) => status === 'late');
  return late
    ? pc.yellow('nothing is lost or doubled; what is late is still on its way')
    : pc.green('nothing is lost, nothing is doubled');
}

const count = (number: number) => number.toLocaleString('en');
