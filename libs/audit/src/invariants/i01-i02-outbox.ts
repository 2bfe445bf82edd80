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
 * A finding means that consumers never learn of a payment (lost), or that they get two events for
 * it (doubled). One statement writes both rows and one snapshot reads both, so a finding is always
 * violated, never late.
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
        kind: 'lost',
        why: 'completed, but has no outbox row: no consumer learns of it',
      });
    } else if (events.length > 1) {
      const ids = events.map(({ eventId }) => eventId).join(', ');
      const why = `has ${events.length} outbox rows: events ${ids}`;
      judgement.violated.push({ id, kind: 'doubled', why });
    }
  }
  return judgement;
}

/**
 * I2: every outbox row belongs to a COMPLETED payment.
 *
 * A finding means that consumers act on a payment that did not complete. Always violated, as in I1,
 * and `other`: nothing of a completed payment is missing or repeated.
 */
export function everyOutboxRowHasItsPayment(evidence: Evidence): Judgement {
  const judgement: Judgement = { checked: 0, violated: [], late: [] };
  for (const { paymentId, eventId } of evidence.outbox) {
    judgement.checked++;
    const status = evidence.payments.get(paymentId)?.status;
    if (status === 'COMPLETED') continue;
    const payment = status ? `its payment is ${status}` : 'there is no such payment';
    const why = `outbox row ${eventId}: ${payment}`;
    judgement.violated.push({ id: paymentId, kind: 'other', why });
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
