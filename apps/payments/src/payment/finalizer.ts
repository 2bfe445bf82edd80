import {
  encodePaymentCompleted,
  PAYMENT_COMPLETED,
  PAYMENT_COMPLETED_SCHEMAS,
  PAYMENT_COMPLETED_TYPE,
  type PaymentCompletedVersion,
} from '@effectively-once/contracts';
import type { DataSource } from 'typeorm';
import { finalAnswer, unknownAnswer, type Answer } from './answer.js';
import { CompletedHere } from './completed-here.js';
import type { ClockAndIds } from '../runtime/clock-and-ids.js';
import { pool } from '../runtime/database.js';
import type { ReachPoint } from '../runtime/failure-points.js';
import { outboxEvents } from '../runtime/metrics.js';
import { Payment } from './payment.entity.js';
import type { Refunds } from '../recovery/refunds.js';
import { finalize, type OutboxEvent } from './finalize.sql.js';

/** What the PSP finally did with a payment. */
export type ChargeOutcome =
  | { outcome: 'captured'; pspReference: string }
  | { outcome: 'declined'; declineCode: string; pspReference: string | null }
  | { outcome: 'never_charged'; reason: string };

// A payment changes its version at most once before it is final (PENDING to UNKNOWN).
const TRIES_MAX = 3;

/** Request, completer and webhook bring their charge outcome here. The first one decides. */
export class Finalizer {
  private readonly completedHere = new CompletedHere();

  constructor(
    private readonly dataSource: DataSource,
    private readonly refunds: Refunds,
    private readonly options: {
      clockAndIds: ClockAndIds;
      reach: ReachPoint;
      eventVersion: PaymentCompletedVersion;
    },
  ) {}

  /**
   * Brings the payment to its final state and returns the stored answer: of this call, or of the
   * earlier one that won. A capture that comes after another final state is refunded.
   */
  async finalize(payment: Payment, chargeOutcome: ChargeOutcome): Promise<Answer> {
    let current = payment;
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const final = finalAnswer(current);
      if (final) {
        await this.refundCaptureWithoutPayment(current, chargeOutcome);
        return (await this.storedAnswer(current.id)) ?? final;
      }
      const answer = await this.tryFinalize(current, chargeOutcome);
      if (answer) return answer;
      current = await this.payment(current.id);
    }
    throw new Error(`payment ${payment.id} kept changing while it was finalized`);
  }

  /**
   * Whether a capture is already the final state, because this process itself wrote it. False means
   * "ask the database": another process, or this one before its restart, may have written it.
   */
  async hasCompletedHere(capture: { paymentId: string; pspReference: string }): Promise<boolean> {
    const { paymentId: id, pspReference } = capture;
    return await this.completedHere.has({ id, pspReference });
  }

  /** The stored answer of a final payment, 202 for any other. */
  async currentAnswer(paymentId: string): Promise<Answer> {
    const payment = await this.payment(paymentId);
    const final = finalAnswer(payment);
    if (!final) return unknownAnswer(payment);
    return (await this.storedAnswer(paymentId)) ?? final;
  }

  async payment(id: string): Promise<Payment> {
    return await this.dataSource.getRepository(Payment).findOneByOrFail({ id });
  }

  /** A final state never changes, so a later capture goes back. */
  private async refundCaptureWithoutPayment(
    payment: Payment,
    chargeOutcome: ChargeOutcome,
  ): Promise<void> {
    if (chargeOutcome.outcome !== 'captured') return;
    const capture = { paymentId: payment.id, pspReference: chargeOutcome.pspReference };
    if (payment.status !== 'COMPLETED') await this.refunds.owe(capture);
    else if (payment.pspReference !== capture.pspReference) this.refunds.leaveToOperator(capture);
  }

  private async tryFinalize(
    current: Payment,
    chargeOutcome: ChargeOutcome,
  ): Promise<Answer | undefined> {
    const { clockAndIds, reach, eventVersion } = this.options;
    const next = finalPayment(current, chargeOutcome, clockAndIds.now());
    const answer = finalAnswer(next);
    if (!answer) throw new Error(`the charge outcome left payment ${next.id} ${next.status}`);
    const statement = finalize(pool(this.dataSource), {
      paymentId: next.id,
      version: current.version,
      status: next.status as 'COMPLETED' | 'DECLINED' | 'FAILED',
      pspReference: next.pspReference,
      failureCode: next.failureCode,
      responseStatus: answer.status,
      responseBody: answer.body,
      ...(next.completedAt
        ? { event: completedEvent(next, next.completedAt, clockAndIds.newId(), eventVersion) }
        : {}),
    });
    const outcome = await this.completedHere.remember(next, statement);
    if (outcome === 'lost') return undefined;
    reach('after_settle');
    if (next.status === 'COMPLETED') outboxEvents.inc();
    return answer;
  }

  private async storedAnswer(paymentId: string): Promise<Answer | undefined> {
    const { rows } = await pool(this.dataSource).query<{ status: number; body: string }>({
      name: 'stored_answer',
      text: `SELECT response_status AS status, response_body AS body
        FROM payments.idempotency_keys
        WHERE payment_id = $1 AND response_status IS NOT NULL`,
      values: [paymentId],
    });
    return rows[0] && { ...rows[0], paymentId };
  }
}

/** The payment as this statement will write it. */
function finalPayment(payment: Payment, chargeOutcome: ChargeOutcome, now: Date): Payment {
  const next = Object.assign(new Payment(), payment, { version: payment.version + 1 });
  switch (chargeOutcome.outcome) {
    case 'captured':
      next.status = 'COMPLETED';
      next.pspReference = chargeOutcome.pspReference;
      next.completedAt = now;
      return next;
    case 'declined':
      next.status = 'DECLINED';
      next.pspReference = chargeOutcome.pspReference;
      next.failureCode = chargeOutcome.declineCode;
      return next;
    case 'never_charged':
      next.status = 'FAILED';
      next.failureCode = chargeOutcome.reason;
      return next;
    default:
      return chargeOutcome satisfies never;
  }
}

function completedEvent(
  payment: Payment,
  completedAt: Date,
  eventId: string,
  version: PaymentCompletedVersion,
): OutboxEvent {
  return {
    eventId,
    specversion: '1.0',
    topic: PAYMENT_COMPLETED,
    partitionKey: payment.userId,
    eventType: PAYMENT_COMPLETED_TYPE,
    occurredAt: completedAt,
    dataSchema: PAYMENT_COMPLETED_SCHEMAS[version],
    traceparent: payment.traceparent,
    payload: encodePaymentCompleted(
      {
        paymentId: payment.id,
        orderId: payment.orderId,
        userId: payment.userId,
        amountMinor: payment.amountMinor,
        currency: payment.currency,
        completedAt: completedAt.toISOString(),
        paymentVersion: payment.version,
        // A captured charge has one. Version 1 does not publish it.
        pspReference: payment.pspReference ?? '',
      },
      version,
    ),
  };
}
