import { judgeOnePayment, type Connections, type OnePayment } from '@effectively-once/audit';
import type { PaymentEvidence, PaymentSummary } from '../../wire/evidence.js';
import { effectStates } from '../effect-states.js';
import type { DeliveryTraces } from '../delivery-traces.js';
import type { Traces } from './consumer-steps.js';
import { isoOf, shownEvent } from './event-record.js';
import { failureWindows } from './failure-windows.js';
import { stepsOf } from './steps.js';
import { storeEvidence } from './store-evidence.js';

/**
 * Everything about one payment; undefined if there is no such payment.
 * @throws UnreadableStore if the payments database does not answer.
 */
export async function readPaymentEvidence(
  options: { connections: Connections; traces: DeliveryTraces; now: () => number },
  id: string,
): Promise<PaymentEvidence | undefined> {
  const [found, traces] = await Promise.all([
    judgeOnePayment(options.connections, id, options.now),
    options.traces.of(id),
  ]);
  return found && toEvidence(found, traces);
}

export function toEvidence({ facts, judgement }: OnePayment, traces: Traces): PaymentEvidence {
  const { payment } = facts;
  const steps = stepsOf(facts, traces);
  const completedAt = payment.status === 'COMPLETED' ? isoOf(payment.completedAtMs) : null;
  return {
    id: payment.id,
    userId: payment.userId,
    orderId: payment.orderId,
    status: payment.status,
    amountMinor: String(payment.amountMinor),
    currency: payment.currency,
    createdAt: isoOf(payment.createdAtMs) ?? '',
    completedAt,
    effects: effectsIn({ facts, judgement }, completedAt),
    version: payment.version,
    pspReference: payment.pspReference,
    steps,
    windows: failureWindows(steps),
    stores: storeEvidence(facts),
    judgement: {
      verdict: judgement.verdict,
      invariants: judgement.invariants,
      findings: judgement.findings.map(({ invariant, status, kind, why }) => ({
        invariant,
        status,
        kind,
        why,
      })),
      judgedAt: new Date(judgement.judgedAtMs).toISOString(),
      unreadable: facts.unreadable,
    },
    event: shownEvent(facts),
  };
}

/** By the rule of the list, but with the findings of this judgement instead of the audit's. */
function effectsIn(
  { facts, judgement }: OnePayment,
  completedAt: string | null,
): PaymentSummary['effects'] {
  const { id, status } = facts.payment;
  const setOf = (found: unknown[] | undefined) => found && new Set(found.length > 0 ? [id] : []);
  const letters = facts.deadLetters?.letters.filter(({ state }) => state !== 'redriven') ?? [];
  return effectStates(
    { id, status, completedAt },
    {
      effects: {
        email: setOf(facts.receipts),
        loyalty: setOf(facts.points?.entries),
        search: setOf(facts.documents),
      },
      deadLetters: letters.map(({ consumer }) => ({ consumer, paymentId: id })),
      isFound: (invariant, kind) =>
        judgement.findings.some(
          (one) => one.status === 'violated' && one.invariant === invariant && one.kind === kind,
        ),
      nowMs: judgement.judgedAtMs,
    },
  );
}
