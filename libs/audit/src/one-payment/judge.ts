import { assemble, perConsumer } from '../evidence/assemble.js';
import { SETTLE_LIMIT_DEFAULT_MS, type Evidence } from '../evidence/evidence.js';
import type { Fact } from '../evidence/facts.js';
import { lookUpLater } from '../evidence/look-ups.js';
import { PAYMENT_INVARIANTS } from '../invariants.js';
import { statusOf, type Finding } from '../report.js';
import { documentFacts } from './effect-facts.js';
import { receiptFacts } from './email-facts.js';
import { STORES, type OnePaymentFacts, type StoreName } from './read-facts.js';
import { topicFacts } from './topic-facts.js';

export interface OnePaymentJudgement {
  /** `not_judged`: nothing is wrong, but it is young and on its way, or a store is unreadable. */
  verdict: 'ok' | 'late' | 'violated' | 'not_judged';
  /** The invariants that had something to judge. */
  invariants: string[];
  findings: (Finding & { invariant: string; status: 'late' | 'violated' })[];
  judgedAtMs: number;
}

// I9 compares the payments of a user, and I12 judges no payment. They need the whole audit.
const NEEDED: Record<string, StoreName[]> = {
  I3: [STORES.kafka],
  I5: [STORES.psp],
  I6: [STORES.loyalty, STORES.kafka, STORES.console],
  I7: [STORES.mails, STORES.redis, STORES.kafka, STORES.console],
  I8: [STORES.search, STORES.kafka, STORES.console],
  I10: [STORES.kafka, STORES.console],
  I11: [STORES.psp],
};

type LaterStores = Parameters<typeof lookUpLater>[0];

/**
 * Judges one payment by the audit's own invariants. An invariant whose store cannot be read is not
 * judged: a missing effect is lost only if every excuse for it could be read.
 *
 * A COMPLETED payment is judged at once, without the settle limit: it is ok as soon as everything
 * is there. What is missing is late only after the limit, so a young payment is then `not_judged`.
 * Any other payment is judged with the limit, because I5 gives a refund that much time.
 */
export async function judge(
  known: OnePaymentFacts,
  later: LaterStores,
  cutoffMs: number,
): Promise<OnePaymentJudgement> {
  const { payment } = known;
  const isCompleted = payment.status === 'COMPLETED';
  const evidence = await evidenceOf(known, {
    cutoffMs,
    settleLimitMs: isCompleted ? 0 : SETTLE_LIMIT_DEFAULT_MS,
  });
  const complete = { ...evidence, ...(await lookUpLater(later, evidence)) };
  const readable = PAYMENT_INVARIANTS.filter(
    ({ id }) => !NEEDED[id]?.some((store) => known.unreadable.includes(store)),
  );
  const judged = readable.map(({ id, judge }) => ({ id, ...judge(complete) }));
  const findings = judged.flatMap(({ id, violated, late }) => [
    ...violated.map((one) => ({ ...one, invariant: id, status: 'violated' as const })),
    ...late.map((one) => ({ ...one, invariant: id, status: 'late' as const })),
  ]);
  const worst = statusOf({
    checked: judged.length,
    violated: judged.flatMap(({ violated }) => violated),
    late: judged.flatMap(({ late }) => late),
  });
  const isSettled = payment.status !== 'PENDING' && payment.status !== 'UNKNOWN';
  const sinceMs = isCompleted ? payment.completedAtMs : payment.createdAtMs;
  const isYoung = sinceMs >= cutoffMs - SETTLE_LIMIT_DEFAULT_MS;
  const verdict = () => {
    if (worst === 'violated') return worst;
    if (worst === 'late') return isYoung ? 'not_judged' : worst;
    return isSettled && known.unreadable.length === 0 ? 'ok' : 'not_judged';
  };
  return {
    verdict: verdict(),
    invariants: judged.filter(({ checked }) => checked > 0).map(({ id }) => id),
    findings,
    judgedAtMs: cutoffMs,
  };
}

async function evidenceOf(
  known: OnePaymentFacts,
  scope: { cutoffMs: number; settleLimitMs: number },
): Promise<Evidence> {
  const { id } = known.payment;
  const facts: Fact[] = [
    ...known.facts,
    ...topicFacts(known.topics ?? new Map()),
    ...(known.points?.facts ?? []),
    ...receiptFacts(id, known.receipts ?? []),
    ...(known.maybeDuplicates ?? []).map(() => ({
      kind: 'maybe_duplicate' as const,
      paymentId: id,
    })),
    ...documentFacts(id, known.documents ?? []),
    ...(known.charges ?? []).map((charge) => ({ kind: 'charge' as const, ...charge })),
    ...(known.deadLetters?.facts ?? []),
  ];
  return await assemble(facts, {
    ...scope,
    pspOutages: known.pspOutages,
    slotPassedSnapshot: known.slotPassedSnapshot,
    reindexedBeforeMs: undefined,
    offsets:
      known.offsets ?? perConsumer(() => ({ committed: new Map(), redriveCommitted: new Map() })),
    ingested: known.deadLetters?.ingested ?? perConsumer(() => new Map()),
  });
}
