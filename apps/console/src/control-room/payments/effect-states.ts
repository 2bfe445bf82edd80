import type { AuditReport, EffectsOf, Finding } from '@effectively-once/audit';
import { CONSUMERS, type ConsumerName } from '@effectively-once/contracts';
import type { EffectState, PaymentSummary } from '../wire/evidence.js';

/** The settle limit of the audit: a missing effect is late after it. */
export const LATE_AFTER_MS = 120_000;

/** The invariant that judges the effect of each consumer. */
const JUDGED_BY = { email: 'I7', loyalty: 'I6', search: 'I8' } satisfies Record<
  ConsumerName,
  string
>;

export interface EffectEvidence {
  /** undefined for a consumer whose store does not answer. */
  effects: EffectsOf;
  /** Consumer and payment id of each dead letter that is pending or discarded. */
  deadLetters: { consumer: ConsumerName; paymentId: string }[];
  /** Whether an audit has found a violation of this invariant and kind for the payment. */
  isFound: (invariant: string, kind: Finding['kind'], paymentId: string) => boolean;
  nowMs: number;
}

/**
 * The state of each effect of a payment. The stores say what is there, the dead-letter table what
 * is excused, the last audit what is lost or doubled.
 *
 *   not COMPLETED ────────────────────────────────────────► none
 *   its store does not answer ────────────────────────────► unknown
 *   it is there ──────────── the audit found it twice ────► doubled, else done
 *   it is not there ──────── a dead letter is not redriven ► dead_lettered
 *                            the audit found it lost ──────► lost
 *                            older than the settle limit ──► late, else due
 */
export function effectStates(
  payment: Pick<PaymentSummary, 'id' | 'status' | 'completedAt'>,
  evidence: EffectEvidence,
): PaymentSummary['effects'] {
  const [email, loyalty, search] = CONSUMERS.map((consumer) =>
    stateOf(consumer, payment, evidence),
  );
  return { email: email!, loyalty: loyalty!, search: search! };
}

function stateOf(
  consumer: ConsumerName,
  { id, status, completedAt }: Pick<PaymentSummary, 'id' | 'status' | 'completedAt'>,
  { effects, deadLetters, isFound, nowMs }: EffectEvidence,
): EffectState {
  if (status !== 'COMPLETED') return 'none';
  const happened = effects[consumer];
  if (!happened) return 'unknown';
  const invariant = JUDGED_BY[consumer];
  if (happened.has(id)) return isFound(invariant, 'doubled', id) ? 'doubled' : 'done';
  const isDead = deadLetters.some((one) => one.consumer === consumer && one.paymentId === id);
  if (isDead) return 'dead_lettered';
  if (isFound(invariant, 'lost', id)) return 'lost';
  return nowMs - Date.parse(completedAt ?? '') > LATE_AFTER_MS ? 'late' : 'due';
}

/** Answers from the last report of the standing audit. */
export function findingsIn(audit: AuditReport | undefined): EffectEvidence['isFound'] {
  const found = new Set(
    (audit?.invariants ?? []).flatMap(({ id, violated }) =>
      violated.map((finding) => `${id} ${finding.kind} ${finding.id}`),
    ),
  );
  return (invariant, kind, paymentId) => found.has(`${invariant} ${kind} ${paymentId}`);
}

/** The ids of the payments that the audit counts under this word; see verdictOf. */
export function idsFound(
  audit: AuditReport | undefined,
  filter: 'late' | Finding['kind'],
): string[] {
  const findings = (audit?.invariants ?? []).flatMap(({ late, violated }) =>
    filter === 'late' ? late : violated.filter(({ kind }) => kind === filter),
  );
  return [...new Set(findings.map(({ id }) => id))];
}
