import { SYSTEM_INVARIANTS } from './invariants.js';
import {
  FINDING_KINDS,
  type AuditReport,
  type FindingKind,
  type InvariantReport,
} from './report.js';

/** What an audit found, in payments. */
export interface VerdictCounts extends Record<FindingKind, number> {
  late: number;
  /** How many payments were judged. */
  payments: number;
}

/**
 * The audit's report in five numbers.
 *
 * Each number counts ids, not findings, so "1 lost" means one payment. One lost event is four
 * findings: I3 misses the event, I6 the points, I7 the receipt, I8 the document. A payment with a
 * lost receipt and a second charge counts once as lost and once as doubled. An id is not a payment
 * if there is none, for example a record without a subject; it counts as well.
 *
 * I12 judges resources and not payments. It counts under `other` if a bound is exceeded. A consumer
 * that does not answer does not count as a late payment.
 *
 * A report names at most the first thousand findings of an invariant. If it has more, the number is
 * the largest count of one invariant: the true number of payments is at least that.
 */
export function verdictOf(report: AuditReport): VerdictCounts {
  const violated = (kind: FindingKind) =>
    countIds(report.invariants, {
      named: (invariant) => invariant.violated.filter((finding) => finding.kind === kind),
      isCut: ({ violated, violatedCount }) => violatedCount > violated.length,
      all: ({ violatedByKind }) => violatedByKind[kind],
    });
  const [lost, doubled, other] = FINDING_KINDS.map(violated) as [number, number, number];
  const late = countIds(report.invariants.filter(isAboutPayments), {
    named: (invariant) => invariant.late,
    isCut: ({ late, lateCount }) => lateCount > late.length,
    all: ({ lateCount }) => lateCount,
  });
  return { lost, doubled, other, late, payments: report.payments };
}

function countIds(
  invariants: InvariantReport[],
  of: {
    named: (invariant: InvariantReport) => { id: string }[];
    isCut: (invariant: InvariantReport) => boolean;
    all: (invariant: InvariantReport) => number;
  },
): number {
  const ids = new Set(invariants.flatMap(of.named).map(({ id }) => id));
  return Math.max(ids.size, ...invariants.filter(of.isCut).map(of.all));
}

const isAboutPayments = ({ id }: InvariantReport) =>
  !SYSTEM_INVARIANTS.some((invariant) => invariant.id === id);
