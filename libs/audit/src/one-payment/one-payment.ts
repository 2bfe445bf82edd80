import { readDeadLettersNow } from '../stores/dead-letters.js';
import { readDebtsNow, readOutboxNow, readStatusesNow } from '../stores/payments.js';
import type { Connections } from './connections.js';
import { judge, type OnePaymentJudgement } from './judge.js';
import { readFacts, type OnePaymentFacts } from './read-facts.js';

export interface OnePayment {
  facts: OnePaymentFacts;
  judgement: OnePaymentJudgement;
}

/**
 * One payment in every store, and what the audit's invariants say about it. Read-only. It judges
 * what names this payment: I9 (order of a user's payments) and I12 (bounds) need the whole audit.
 *
 * @returns undefined if there is no such payment.
 * @throws UnreadableStore if the payments database does not answer.
 */
export async function judgeOnePayment(
  connections: Connections,
  id: string,
  now: () => number = Date.now,
): Promise<OnePayment | undefined> {
  const cutoffMs = now();
  const facts = await readFacts(connections, id);
  if (!facts) return undefined;
  const { payments, sources } = connections;
  const later = {
    statusesNow: (ids: string[]) => readStatusesNow(payments, ids),
    debtsNow: (captures: string[]) => readDebtsNow(payments, captures),
    outboxNow: (ids: string[]) => readOutboxNow(payments, ids),
    deadLettersNow: (letters: Parameters<typeof readDeadLettersNow>[1]) =>
      readDeadLettersNow(sources.consoleUrl, letters),
  };
  return { facts, judgement: await judge(facts, later, cutoffMs) };
}
