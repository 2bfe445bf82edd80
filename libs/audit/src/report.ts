/** Findings kept per invariant and status. What more there are is counted: a list has an end. */
export const FINDINGS_MAX = 1_000;

/** One thing that broke an invariant, or that is not there yet. */
export interface Finding {
  /** The payment's id where there is a payment, else whatever names the thing in its store. */
  id: string;
  /** A sentence for the person who has to act. */
  why: string;
}

export interface Judgement {
  /** How many payments, rows or records were looked at. */
  checked: number;
  violated: Finding[];
  late: Finding[];
}

export type InvariantStatus = 'ok' | 'late' | 'violated';

export interface InvariantReport extends Judgement {
  id: string;
  title: string;
  status: InvariantStatus;
  /** How many there are, of which `violated` and `late` name the first thousand. */
  violatedCount: number;
  lateCount: number;
}

export interface AuditReport {
  cutoff: string;
  /** Only what completed since then was judged; absent, everything was. */
  since?: string | undefined;
  settleLimitS: number;
  /** How many COMPLETED payments were judged. */
  payments: number;
  /** How many COMPLETED payments were not, because the settle limit is still theirs. */
  tooYoung: number;
  durationMs: number;
  invariants: InvariantReport[];
}

/** `late` means "look again"; only `violated` means that a guarantee is broken. */
export function statusOf(judgement: Judgement): InvariantStatus {
  if (judgement.violated.length > 0) return 'violated';
  return judgement.late.length > 0 ? 'late' : 'ok';
}

/** The status of the whole: that of its worst invariant. */
export function worstStatus(report: AuditReport): InvariantStatus {
  return statusOf({
    checked: report.payments,
    violated: report.invariants.flatMap(({ violated }) => violated),
    late: report.invariants.flatMap(({ late }) => late),
  });
}

/** The report of an invariant before anything was judged. */
export const nothingJudged = ({ id, title }: { id: string; title: string }): InvariantReport => ({
  ...{ id, title, status: 'ok', checked: 0 },
  ...{ violated: [], violatedCount: 0, late: [], lateCount: 0 },
});

/** Adds what was found among more of the payments. */
export function add(report: InvariantReport, judgement: Judgement): void {
  const { checked, violated, late } = judgement;
  report.checked += checked;
  report.violatedCount += violated.length;
  report.lateCount += late.length;
  report.violated.push(...violated.slice(0, FINDINGS_MAX - report.violated.length));
  report.late.push(...late.slice(0, FINDINGS_MAX - report.late.length));
  report.status = statusOf(report);
}
