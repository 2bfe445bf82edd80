import {
  judgedPayments,
  outboxKeptSinceMs,
  type Evidence,
  type OutboxRow,
} from '../evidence/evidence.js';
import type { Judgement } from '../report.js';

/**
 * I1: every COMPLETED payment has exactly one outbox row (transactional outbox).
 *
 * A finding means that consumers never learn of a payment, or that they get two events for it. One
 * statement writes both rows and one snapshot reads both, so a finding is always violated, never
 * late.
 */
export function everyPaymentHasOneOutboxRow(evidence: Evidence): Judgement {
  const judgement: Judgement = { checked: 0, violated: [], late: [] };
  const rows = byPayment(evidence.outbox);
  const sinceMs = outboxKeptSinceMs(evidence);
  for (const [id, payment] of judgedPayments(evidence)) {
    if (payment.completedAtMs < sinceMs) continue;
    judgement.checked++;
    const events = rows.get(id) ?? [];
    if (events.length === 0) {
      judgement.violated.push({
        id,
        why: 'completed, but has no outbox row: no consumer learns of it',
      });
    } else if (events.length > 1) {
      const ids = events.map(({ eventId }) => eventId).join(', ');
      judgement.violated.push({ id, why: `has ${events.length} outbox rows: events ${ids}` });
    }
  }
  return judgement;
}

/**
 * I2: every outbox row belongs to a COMPLETED payment.
 *
 * A finding means that consumers act on a payment that did not complete. Always violated, as in I1.
 */
export function everyOutboxRowHasItsPayment(evidence: Evidence): Judgement {
  const judgement: Judgement = { checked: 0, violated: [], late: [] };
  for (const { paymentId, eventId } of evidence.outbox) {
    judgement.checked++;
    const status = evidence.payments.get(paymentId)?.status;
    if (status === 'COMPLETED') continue;
    const payment = status ? `its payment is ${status}` : 'there is no such payment';
    judgement.violated.push({ id: paymentId, why: `outbox row ${eventId}: ${payment}` });
  }
  return judgement;
}

function byPayment(outbox: OutboxRow[]): Map<string, OutboxRow[]> {
  const rows = new Map<string, OutboxRow[]>();
  for (const row of outbox) {
    const known = rows.get(row.paymentId);
    if (known) known.push(row);
    else rows.set(row.paymentId, [row]);
  }
  return rows;
}
