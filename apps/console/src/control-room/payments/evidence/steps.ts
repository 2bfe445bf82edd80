import type { OnePaymentFacts } from '@effectively-once/audit';
import { PAYMENT_COMPLETED } from '@effectively-once/contracts';
import type { PaymentStep } from '../../wire/evidence.js';
import { consumerSteps, type Traces } from './consumer-steps.js';
import { eventRecord, isoOf } from './event-record.js';
import { step } from './step.js';

/**
 * What happened to the payment, in the order of its way. Each time is one that a store has
 * recorded. A step that has not happened, or whose time nothing records, has the time null.
 *
 *   request, claim ──► PSP ──► finalize ──► WAL read ──► topic ──► each consumer
 */
export function stepsOf(facts: OnePaymentFacts, traces: Traces): PaymentStep[] {
  return [
    ...requestSteps(facts),
    ...pspSteps(facts),
    finalizeStep(facts),
    ...refundSteps(facts),
    ...(facts.payment.status === 'COMPLETED' ? pipelineSteps(facts) : []),
    ...(facts.payment.status === 'COMPLETED' ? consumerSteps(facts, traces) : []),
  ];
}

function requestSteps({ payment, claim }: OnePaymentFacts): PaymentStep[] {
  return [
    step({
      id: 'request',
      track: 'payments',
      title: 'request',
      at: isoOf(payment.createdAtMs),
      source: 'payments.payments.created_at',
    }),
    step({
      id: 'claim',
      track: 'payments',
      title: 'claim',
      at: isoOf(claim?.createdAtMs),
      source: 'payments.idempotency_keys.created_at',
      detail: claim
        ? 'one statement claims the idempotency key and writes PENDING'
        : 'the key has expired: it is kept for 24 hours at least',
    }),
  ];
}

const CHARGE_TITLES = {
  captured: 'charge',
  declined: 'decline',
  refunded: 'refund',
  refund_pending: 'refund pending',
  refund_failed: 'refund came back',
} as const;
const CHARGE_OUTCOMES: Partial<Record<keyof typeof CHARGE_TITLES, 'failed' | 'waiting'>> = {
  declined: 'failed',
  refund_pending: 'waiting',
  refund_failed: 'failed',
};

function pspSteps({ charges }: OnePaymentFacts): PaymentStep[] {
  return (charges ?? []).map(({ id, status, atMs }, index) =>
    step({
      id: `psp.${index + 1}`,
      track: 'psp',
      title: CHARGE_TITLES[status],
      at: isoOf(atMs),
      source: "the PSP's journal, charges.at",
      outcome: CHARGE_OUTCOMES[status] ?? 'ok',
      detail: id,
    }),
  );
}

function finalizeStep({ payment, outboxRows, claim }: OnePaymentFacts): PaymentStep {
  const { status, failureCode } = payment;
  const isOpen = status === 'PENDING' || status === 'UNKNOWN';
  const isCompleted = status === 'COMPLETED';
  const response = claim?.responseStatus ? ` and the stored response ${claim.responseStatus}` : '';
  return step({
    id: 'finalize',
    track: 'payments',
    title: 'finalize',
    at: isCompleted ? isoOf(payment.completedAtMs) : null,
    source: isCompleted
      ? 'payments.payments.completed_at'
      : 'payments.payments.status (the time is recorded for COMPLETED only)',
    outcome: isOpen ? 'waiting' : isCompleted ? 'ok' : 'failed',
    detail: isCompleted
      ? `one transaction: COMPLETED, ${outboxRows.length} outbox row${response}`
      : [status, failureCode].filter(Boolean).join(': '),
  });
}

function refundSteps({ refunds }: OnePaymentFacts): PaymentStep[] {
  return refunds.map(({ pspReference, foundAtMs, refundedAtMs }, index) =>
    step({
      id: `refund.${index + 1}`,
      track: 'payments',
      title: 'refund owed',
      at: isoOf(foundAtMs),
      until: isoOf(refundedAtMs),
      source: 'payments.refunds.found_at, refunded_at',
      outcome: refundedAtMs === null ? 'waiting' : 'ok',
      detail: pspReference,
    }),
  );
}

function pipelineSteps(facts: OnePaymentFacts): PaymentStep[] {
  const record = eventRecord(facts);
  const search = facts.topics?.get(PAYMENT_COMPLETED);
  const walRead = step({
    id: 'wal',
    track: 'pipeline',
    title: 'WAL read',
    source: 'pg_replication_slots.confirmed_flush_lsn (no time is recorded)',
    outcome: record || facts.slotPassedSnapshot ? 'ok' : 'waiting',
    detail: walDetail(facts.slotPassedSnapshot, record !== undefined),
  });
  const published = record
    ? {
        at: isoOf(record.timestampMs),
        source: `timestamp of the record in ${PAYMENT_COMPLETED}`,
        detail: `partition ${record.partition}, offset ${record.offset}`,
      }
    : {
        source: search
          ? `${PAYMENT_COMPLETED}, partition ${search.partition}, offsets ${search.searched.from} ` +
            `to ${search.searched.end}`
          : `${PAYMENT_COMPLETED} (Kafka cannot be read)`,
        outcome: 'waiting' as const,
        detail: search ? 'not in the topic, or not any more' : null,
      };
  return [walRead, step({ id: 'published', track: 'pipeline', title: 'published', ...published })];
}

// Nothing records the position of the transaction. The slot is compared with the end of the log.
function walDetail(slotPassed: boolean, isPublished: boolean): string {
  if (isPublished) return 'the connector has read it: its event is in the topic';
  return slotPassed
    ? 'the slot has passed everything that was committed before now'
    : 'the slot has not confirmed everything that was committed before now';
}
