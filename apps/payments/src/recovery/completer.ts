import type { Logger } from '@effectively-once/platform';
import { exponentialBackoffMs } from '@effectively-once/timing';
import type { DataSource } from 'typeorm';
import type { ClockAndIds } from '../runtime/clock-and-ids.js';
import { pool } from '../runtime/database.js';
import { defer, takeOver } from './lease.sql.js';
import type { Payment } from '../payment/payment.entity.js';
import type { Permit, PspCircuitBreaker } from '../psp/circuit-breaker.js';
import type { Psp } from '../psp/psp.js';
import type { Finalizer, ChargeOutcome } from '../payment/finalizer.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

// The PSP forgets keys after 24 h; then the same POST would charge again. One hour is the margin
// for clocks that differ.
const REPEATABLE_FOR_MS = 23 * HOUR_MS;
// The PSP's search shows a charge within a minute. Before that, "absent" proves nothing.
const SEARCH_LAG_MS = MINUTE_MS;
// A forgotten one only makes its payment wait for another minute.
const REFUSALS_MAX = 10_000;
const LEASE_MARGIN_MS = 4_000;
const BATCH_MAX = 20;
const WAIT_FIRST_MS = 1_000;
const WAIT_MAX_MS = 15_000;

/**
 * Finalizes payments whose request died, or does not know what the PSP did. It only rolls forward:
 * the same POST with the same PSP key charges once, or returns what happened. It never releases a
 * claim, because another process may have died *after* its PSP call.
 */
export class Completer {
  /** Payment id → when this process first learnt that the same POST cannot charge any more. */
  private readonly refusedAtMs = new Map<string, number>();

  constructor(
    private readonly parts: {
      dataSource: DataSource;
      psp: Psp;
      circuitBreaker: PspCircuitBreaker;
      finalizer: Finalizer;
      clockAndIds: ClockAndIds;
      logger: Logger;
    },
    private readonly options: { pspTimeoutMs: number },
  ) {}

  /**
   * Completes one batch of payments whose lease is over, and returns how many it took: none while
   * the circuit is open, and one as the trial of the half-open circuit.
   */
  async run(): Promise<number> {
    const { dataSource, circuitBreaker, clockAndIds } = this.parts;
    const permit = circuitBreaker.acquireForCompleter();
    if (!permit) return 0;
    try {
      const leaseToken = clockAndIds.newId();
      const taken = await takeOver(pool(dataSource), {
        leaseToken,
        // A charge and a look-up may follow each other.
        leaseMs: 2 * this.options.pspTimeoutMs + LEASE_MARGIN_MS,
        paymentsMax: permit.isTrial ? 1 : BATCH_MAX,
      });
      await Promise.all(taken.map((id) => this.complete(id, leaseToken, permit)));
      return taken.length;
    } finally {
      permit.release();
    }
  }

  private async complete(paymentId: string, leaseToken: string, permit: Permit): Promise<void> {
    const { dataSource, finalizer, logger } = this.parts;
    try {
      const payment = await finalizer.payment(paymentId);
      const chargeOutcome = await this.chargeOutcome(payment, permit);
      if (chargeOutcome) {
        this.refusedAtMs.delete(paymentId);
        const { status } = await finalizer.finalize(payment, chargeOutcome);
        logger.info(
          { paymentId, outcome: chargeOutcome.outcome, status },
          'finalized an open payment',
        );
        return;
      }
      await defer(pool(dataSource), { paymentId, leaseToken, afterMs: wait(payment) });
    } catch (error) {
      // The lease expires, and a completer takes the payment over again.
      logger.error({ err: error, paymentId }, 'could not complete a payment');
    }
  }

  private async chargeOutcome(
    payment: Payment,
    permit: Permit,
  ): Promise<ChargeOutcome | undefined> {
    if (this.ageMs(payment) >= REPEATABLE_FOR_MS) return await this.lookUpOnly(payment);
    const { psp, circuitBreaker } = this.parts;
    const charge = await circuitBreaker.execute(permit, payment.id, () => psp.charge(payment));
    switch (charge.outcome) {
      case 'captured':
      case 'declined':
        return charge;
      case 'invalid':
        return await this.lookUp(payment, charge.code);
      case 'unknown':
        return charge.next === 'look_up'
          ? await this.lookUp(payment, 'psp_error_stored')
          : undefined;
      case 'refused':
      case 'not_reached':
        return undefined;
      default:
        return charge satisfies never;
    }
  }

  /**
   * For answers after which the same POST can never charge: if the search finds no charge, there is
   * none. The lag of the search counts from the first such answer, not from the payment's creation:
   * its last charge may be much younger, because the PSP was down or the request was frozen.
   */
  private async lookUp(payment: Payment, reason: string): Promise<ChargeOutcome | undefined> {
    const nowMs = this.parts.clockAndIds.nowMs();
    const refusedAtMs = this.refusedAtMs.get(payment.id) ?? nowMs;
    this.refusedAtMs.set(payment.id, refusedAtMs);
    const oldest = this.refusedAtMs.keys().next();
    if (this.refusedAtMs.size > REFUSALS_MAX && !oldest.done) this.refusedAtMs.delete(oldest.value);

    const found = await this.parts.psp.lookUp(payment.id);
    if (found.outcome === 'captured' || found.outcome === 'declined') return found;
    const searchable = nowMs - refusedAtMs >= SEARCH_LAG_MS;
    if (found.outcome === 'absent' && searchable) return { outcome: 'never_charged', reason };
    return undefined;
  }

  /** A request that was frozen for a day could still send its POST, so "absent" proves nothing. */
  private async lookUpOnly(payment: Payment): Promise<ChargeOutcome | undefined> {
    const found = await this.parts.psp.lookUp(payment.id);
    if (found.outcome === 'captured' || found.outcome === 'declined') return found;
    this.parts.logger.error(
      { paymentId: payment.id },
      'a payment is too old for its PSP key; an operator has to finalize it',
    );
    return undefined;
  }

  private ageMs(payment: Payment): number {
    return this.parts.clockAndIds.now().getTime() - payment.createdAt.getTime();
  }
}

/** Doubles from 1 s to 15 s, so that a payment is final well within the settle limit of 120 s. */
function wait(payment: Payment): number {
  return exponentialBackoffMs(payment.pspAttempts, { firstMs: WAIT_FIRST_MS, maxMs: WAIT_MAX_MS });
}
