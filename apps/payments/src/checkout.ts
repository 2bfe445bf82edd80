import type { DataSource } from 'typeorm';
import { paymentLocation, type Answer } from './answer.js';
import type { CheckoutOrder } from './checkout-order.js';
import { claim, type KeyHolder } from './claim.sql.js';
import type { ClockAndIds } from './clock-and-ids.js';
import { pool } from './database.js';
import { fingerprint } from './idempotency-key.js';
import { defer, release } from './lease.sql.js';
import { idempotencyKeyCollisions, idempotencyReplays } from './metrics.js';
import { Payment } from './payment.entity.js';
import { invalidRequest, paymentsProblem } from './payments-errors.js';
import type { Psp } from './psp.js';
import type { Settlement } from './settlement.js';

export interface CheckoutRequest {
  userId: string;
  tokenEmail: string | undefined;
  idempotencyKey: string;
  order: CheckoutOrder;
  traceparent: string;
}

export type CheckoutAnswer = Answer & { replayed: boolean };

// A key belongs to (user, method, route).
const METHOD = 'POST';
const ROUTE = '/v1/payments';
// The request waits for the PSP no longer than its timeout; the rest is for the statement after it.
const LEASE_MARGIN_MS = 4_000;
const FIRST_LOOK_AFTER_MS = 1_000;

export class Checkout {
  constructor(
    private readonly dataSource: DataSource,
    private readonly psp: Psp,
    private readonly settlement: Settlement,
    private readonly clockAndIds: ClockAndIds,
    private readonly options: { pspTimeoutMs: number },
  ) {}

  /**
   * Pays an order once, however often it is asked to.
   *
   *   claim ──► charge ──► settle ──► 201 or 402, stored
   *     │         ├─ not reached, refused ─► release ──► 503, the key is free
   *     │         └─ unknown ──────────────► defer ────► 202, the completer asks again
   *     ├─ key known ──► replay, 202, 409 in flight or 422 other body
   *     └─ order live ─► 409
   *
   * claim, settle, release and defer are one statement each. No connection is held while the PSP is
   * asked. A crash anywhere leaves a PENDING payment with a lease, which the completer takes over.
   */
  async pay(request: CheckoutRequest): Promise<CheckoutAnswer> {
    const payment = this.newPayment(request);
    const leaseToken = this.clockAndIds.newId();
    const holder = await this.claim(request, payment, leaseToken);
    if (holder) return await this.known(holder, request);

    const charge = await this.psp.charge(payment);
    switch (charge.outcome) {
      case 'captured':
      case 'declined':
        return fresh(await this.settlement.settle(payment, charge));
      case 'invalid': {
        const verdict = { outcome: 'never_charged', reason: charge.code } as const;
        return fresh(await this.settlement.settle(payment, verdict));
      }
      case 'refused':
      case 'not_reached':
        return fresh(await this.giveUp({ paymentId: payment.id, leaseToken }));
      case 'unknown':
        return fresh(await this.leaveToCompleter({ paymentId: payment.id, leaseToken }));
      default:
        return charge satisfies never;
    }
  }

  private newPayment({ userId, order, traceparent }: CheckoutRequest): Payment {
    return Object.assign(new Payment(), {
      id: this.clockAndIds.newId(),
      userId,
      orderId: order.orderId,
      amountMinor: order.amountMinor,
      currency: order.currency,
      paymentMethod: order.paymentMethod,
      status: 'PENDING',
      version: 1,
      pspReference: null,
      failureCode: null,
      createdAt: this.clockAndIds.now(),
      completedAt: null,
      traceparent,
      pspAttempts: 0,
    } satisfies Payment);
  }

  /** The claim is this request's, or somebody else holds the key and is handed back. */
  private async claim(
    request: CheckoutRequest,
    payment: Payment,
    leaseToken: string,
  ): Promise<KeyHolder | undefined> {
    const claimed = await claim(pool(this.dataSource), {
      ...payment,
      paymentId: payment.id,
      method: METHOD,
      route: ROUTE,
      idempotencyKey: request.idempotencyKey,
      fingerprint: fingerprint(request.order),
      receiptEmail: request.order.receiptEmail,
      tokenEmail: request.tokenEmail,
      leaseToken,
      leaseMs: this.options.pspTimeoutMs + LEASE_MARGIN_MS,
    });
    switch (claimed.outcome) {
      case 'claimed':
        return undefined;
      case 'key_known':
        return claimed.holder;
      case 'order_taken':
        throw paymentsProblem('order_already_paid', {
          location: paymentLocation(claimed.livePaymentId),
        });
      case 'no_receipt_address':
        throw invalidRequest([
          { pointer: '/receiptEmail', detail: 'is needed: we know no address for the receipt' },
        ]);
      default:
        return claimed satisfies never;
    }
  }

  private async known(holder: KeyHolder, request: CheckoutRequest): Promise<CheckoutAnswer> {
    if (holder.fingerprint !== fingerprint(request.order)) {
      idempotencyKeyCollisions.inc();
      throw paymentsProblem('idempotency_key_reused');
    }
    const { paymentId, status, responseStatus, responseBody } = holder;
    if (responseStatus !== null && responseBody !== null) {
      idempotencyReplays.inc();
      return { status: responseStatus, body: responseBody, paymentId, replayed: true };
    }
    if (status === 'PENDING') throw paymentsProblem('idempotency_in_flight');
    return { ...(await this.settlement.truth(paymentId)), replayed: true };
  }

  private async giveUp(held: { paymentId: string; leaseToken: string }): Promise<Answer> {
    const outcome = await release(pool(this.dataSource), held);
    if (outcome === 'released') throw paymentsProblem('psp_unavailable');
    // The completer has taken over and may have charged: what it finds is the answer.
    return await this.settlement.truth(held.paymentId);
  }

  private async leaveToCompleter(held: { paymentId: string; leaseToken: string }): Promise<Answer> {
    await defer(pool(this.dataSource), { ...held, afterMs: FIRST_LOOK_AFTER_MS });
    return await this.settlement.truth(held.paymentId);
  }
}

const fresh = (answer: Answer): CheckoutAnswer => ({ ...answer, replayed: false });
