/**
 * Findings kept per invariant and status. Further findings are only counted, to bound the memory.
 */
const FINDINGS_MAX = 1_000;

export const FINDING_KINDS = ['lost', 'doubled', 'other'] as const;

/**
 * What a violation means for the payment. The invariant decides it where it makes the finding.
 *
 *   lost      something that had to be there is missing: the capture, the outbox row, the event,
 *             the points, the receipt, the document, a dead letter, a redrive
 *   doubled   one of them is there a second time: a second charge, row, entry, document, response,
 *             or a receipt that email did not declare before
 *   other     everything else: a wrong amount, user or version, a record without a payment, the
 *             wrong order, a payment that stays open, a resource beyond its bound
 *
 * On a late finding it is what the finding will mean if it stays.
 */
export type FindingKind = (typeof FINDING_KINDS)[number];

/** What an audit found, for a person: `0 lost · 0 doubled · 1 late · 0 other`. */
export const verdictSentence = ({
  lost,
  doubled,
  late,
  other,
}: Record<FindingKind | 'late', number>): string =>
  `${lost} lost · ${doubled} doubled · ${late} late · ${other} other`;

/** One thing that violates an invariant, or that is late. */
export interface Finding {
  /** The payment's id if there is a payment; else the name of the thing in its store. */
  id: string;
  kind: FindingKind;
  /** A sentence for the operator who has to act. */
  why: string;
}

export interface Judgement {
  /** How many payments, rows or records were compared. */
  checked: number;
  violated: Finding[];
  late: Finding[];
}

export type InvariantStatus = 'ok' | 'late' | 'violated';

export interface InvariantReport extends Judgement {
  id: string;
  title: string;
  status: InvariantStatus;
  /** How many findings there are. `violated` and `late` name the first thousand. */
  violatedCount: number;
  lateCount: number;
  /** `violatedCount`, divided by what the findings mean. */
  violatedByKind: Record<FindingKind, number>;
}

export interface AuditReport {
  cutoff: string;
  /** Only payments that completed since then were judged. If absent, all were. */
  since?: string | undefined;
  settleLimitS: number;
  /** How many COMPLETED payments were judged. */
  payments: number;
  /**
   * How many COMPLETED payments were not judged, because they are younger than the settle limit.
   */
  tooYoung: number;
  durationMs: number;
  invariants: InvariantReport[];
}

/** `late` means "audit again". Only `violated` means that a guarantee is broken. */
export function statusOf(judgement: Judgement): InvariantStatus {
  if (judgement.violated.length > 0) return 'violated';
  return judgement.late.length > 0 ? 'late' : 'ok';
}

/** The status of the whole audit is the status of its worst invariant. */
export function worstStatus(report: AuditReport): InvariantStatus {
  return statusOf({
    checked: report.payments,
    violated: report.invariants.flatMap(({ violated }) => violated),
    late: report.invariants.flatMap(({ late }) => late),
  });
}

/** The report of an invariant before its first judgement. */
export const emptyReport = ({ id, title }: { id: string; title: string }): InvariantReport => ({
  id,
  title,
  status: 'ok',
  checked: 0,
  violated: [],
  violatedCount: 0,
  late: [],
  lateCount: 0,
  violatedByKind: { lost: 0, doubled: 0, other: 0 },
});

/** Adds the judgement of one more bucket. */
export function addJudgement(report: InvariantReport, judgement: Judgement): void {
  const { checked, violated, late } = judgement;
  report.checked += checked;
  report.violatedCount += violated.length;
  report.lateCount += late.length;
  for (const { kind } of violated) report.violatedByKind[kind]++;
  report.violated.push(...violated.slice(0, FINDINGS_MAX - report.violated.length));
  report.late.push(...late.slice(0, FINDINGS_MAX - report.late.length));
  report.status = statusOf(report);
}
