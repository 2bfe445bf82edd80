import type { DataSource } from 'typeorm';
import { paymentLocation, type Answer } from '../payment/answer.js';
import type { CheckoutOrder } from './order.js';
import { claim, findTaken, type KeyHolder } from './claim.sql.js';
import type { ClockAndIds } from '../runtime/clock-and-ids.js';
import { pool } from '../runtime/database.js';
import type { ReachPoint } from '../runtime/failure-points.js';
import { fingerprint } from './idempotency-key.js';
import type { LoadShedding } from './load-shedding.js';
import { defer, release } from '../recovery/lease.sql.js';
import { idempotencyKeyCollisions, idempotencyReplays } from '../runtime/metrics.js';
import { Payment } from '../payment/payment.entity.js';
import { invalidRequest, paymentsProblem } from '../http/payments-errors.js';
import type { Permit, PspCircuitBreaker } from '../psp/circuit-breaker.js';
import type { Psp } from '../psp/psp.js';
import type { Finalizer } from '../payment/finalizer.js';

export interface CheckoutRequest {
  userId: string;
  tokenEmail: string | undefined;
  idempotencyKey: string;
  order: CheckoutOrder;
  traceparent: string;
}

export type CheckoutAnswer = Answer & { replayed: boolean };

const METHOD = 'POST';
const ROUTE = '/v1/payments';
// The lease must outlive the PSP timeout. The margin is for finalize, release or defer.
const LEASE_MARGIN_MS = 4_000;
const FIRST_COMPLETION_AFTER_MS = 1_000;

export class Checkout {
  constructor(
    private readonly parts: {
      dataSource: DataSource;
      psp: Psp;
      circuitBreaker: PspCircuitBreaker;
      finalizer: Finalizer;
      clockAndIds: ClockAndIds;
      reach: ReachPoint;
      loadShedding: LoadShedding;
    },
    private readonly options: { pspTimeoutMs: number },
  ) {}

  /**
   * Pays an order once, however often the client repeats the request.
   *
   *   permit ──► claim ──► charge ──► finalize ──► 201 or 402, stored
   *     │          │         ├─ not reached, refused ─► release ──► 503, the key is free
   *     │          │         └─ unknown ──────────────► defer ────► 202, the completer repeats it
   *     │          ├─ key taken ───► replay, 202, 409 in flight or 422 other body
   *     │          └─ order taken ─► 409
   *     └─ circuit open, bulkhead full ─► the answer of the key or the order, else 503 (no write)
   *
   * claim, finalize, release and defer are one statement each. No connection is held during the PSP
   * request. A crash anywhere leaves a PENDING payment with a lease; the completer takes it over.
   */
  async pay(request: CheckoutRequest): Promise<CheckoutAnswer> {
    const permit = this.parts.circuitBreaker.acquireForCheckout();
    if (!permit) return await this.answerWithoutPsp(request);
    try {
      return await this.payWithPermit(request, permit);
    } finally {
      permit.release();
    }
  }

  private async payWithPermit(request: CheckoutRequest, permit: Permit): Promise<CheckoutAnswer> {
    const { psp, circuitBreaker, finalizer, clockAndIds, reach, loadShedding } = this.parts;
    const payment = this.newPayment(request);
    const leaseToken = clockAndIds.newId();
    const holder = await this.claim(request, payment, leaseToken);
    if (holder) return await this.answerForTakenKey(holder, request);

    reach('after_claim');
    const charge = await loadShedding.whileAtPsp(() =>
      circuitBreaker.execute(permit, payment.id, () => psp.charge(payment)),
    );
    reach('after_psp_answer');
    switch (charge.outcome) {
      case 'captured':
      case 'declined':
        return fresh(await finalizer.finalize(payment, charge));
      case 'invalid': {
        const chargeOutcome = { outcome: 'never_charged', reason: charge.code } as const;
        return fresh(await finalizer.finalize(payment, chargeOutcome));
      }
      case 'refused':
      case 'not_reached':
        return fresh(await this.releaseClaim({ paymentId: payment.id, leaseToken }));
      case 'unknown':
        return fresh(await this.deferToCompleter({ paymentId: payment.id, leaseToken }));
      default:
        return charge satisfies never;
    }
  }

  /** Only reads: a replay needs no PSP. Every other request gets 503. */
  private async answerWithoutPsp(request: CheckoutRequest): Promise<CheckoutAnswer> {
    const found = await findTaken(pool(this.parts.dataSource), {
      ...this.keyOf(request),
      orderId: request.order.orderId,
    });
    switch (found.outcome) {
      case 'key_taken':
        return await this.answerForTakenKey(found.holder, request);
      case 'order_taken':
        throw orderTaken(found.livePaymentId);
      case 'free':
        throw paymentsProblem('psp_unavailable');
      default:
        return found satisfies never;
    }
  }

  private newPayment({ userId, order, traceparent }: CheckoutRequest): Payment {
    return Object.assign(new Payment(), {
      id: this.parts.clockAndIds.newId(),
      userId,
      orderId: order.orderId,
      amountMinor: order.amountMinor,
      currency: order.currency,
      paymentMethod: order.paymentMethod,
      status: 'PENDING',
      version: 1,
      pspReference: null,
      failureCode: null,
      createdAt: this.parts.clockAndIds.now(),
      completedAt: null,
      traceparent,
      pspAttempts: 0,
    } satisfies Payment);
  }

  /** @returns undefined if this request has the claim now, else the payment that holds the key. */
  private async claim(
    request: CheckoutRequest,
    payment: Payment,
    leaseToken: string,
  ): Promise<KeyHolder | undefined> {
    const claimed = await claim(pool(this.parts.dataSource), {
      ...payment,
      paymentId: payment.id,
      ...this.keyOf(request),
      fingerprint: fingerprint(request.order),
      receiptEmail: request.order.receiptEmail,
      tokenEmail: request.tokenEmail,
      leaseToken,
      leaseMs: this.options.pspTimeoutMs + LEASE_MARGIN_MS,
    });
    switch (claimed.outcome) {
      case 'claimed':
        return undefined;
      case 'key_taken':
        return claimed.holder;
      case 'order_taken':
        throw orderTaken(claimed.livePaymentId);
      case 'no_receipt_address':
        throw invalidRequest([
          { pointer: '/receiptEmail', detail: 'is needed: we know no address for the receipt' },
        ]);
      default:
        return claimed satisfies never;
    }
  }

  private keyOf({ userId, idempotencyKey }: CheckoutRequest) {
    return { userId, method: METHOD, route: ROUTE, idempotencyKey };
  }

  private async answerForTakenKey(
    holder: KeyHolder,
    request: CheckoutRequest,
  ): Promise<CheckoutAnswer> {
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
    return { ...(await this.parts.finalizer.currentAnswer(paymentId)), replayed: true };
  }

  private async releaseClaim(lease: { paymentId: string; leaseToken: string }): Promise<Answer> {
    const outcome = await release(pool(this.parts.dataSource), lease);
    if (outcome === 'released') throw paymentsProblem('psp_unavailable');
    // The completer has taken over and may have charged: its result is the answer.
    return await this.parts.finalizer.currentAnswer(lease.paymentId);
  }

  private async deferToCompleter(lease: {
    paymentId: string;
    leaseToken: string;
  }): Promise<Answer> {
    await defer(pool(this.parts.dataSource), { ...lease, afterMs: FIRST_COMPLETION_AFTER_MS });
    return await this.parts.finalizer.currentAnswer(lease.paymentId);
  }
}

const orderTaken = (livePaymentId: string) =>
  paymentsProblem('order_already_paid', { location: paymentLocation(livePaymentId) });

const fresh = (answer: Answer): CheckoutAnswer => ({ ...answer, replayed: false });
