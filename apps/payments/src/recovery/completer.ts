import type { Logger } from '@effectively-once/platform';
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

// The PSP forgets keys after 24 h, and the same POST would charge again. An hour is left for clocks.
const REPEATABLE_FOR_MS = 23 * HOUR_MS;
// What was charged shows up in the PSP's search within a minute; "absent" means nothing before that.
const SEARCH_LAG_MS = MINUTE_MS;
// Forgetting one only makes its payment wait for another minute.
const REFUSALS_MAX = 10_000;
const LEASE_MARGIN_MS = 4_000;
const BATCH_MAX = 20;
const WAIT_FIRST_MS = 1_000;
const WAIT_MAX_MS = 15_000;

/**
 * Settles payments whose request died or never learnt what the PSP did. It only rolls forward: the same
 * POST with the same PSP key either charges once or returns what happened. It never frees a claim,
 * because nobody can know that another process died *before* its PSP call.
 */
export class Completer {
  /** Payment id → when this process first heard that the same POST will not charge any more. */
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
   * Works once through payments whose lease is over, at most a batch. Answers how many it took: none while
   * the PSP is down, and one to find out whether it still is. Nobody waits for that one's answer.
   */
  async run(): Promise<number> {
    const { dataSource, circuitBreaker: door, clockAndIds } = this.parts;
    const pass = door.acquireForCompleter();
    if (!pass) return 0;
    try {
      const leaseToken = clockAndIds.newId();
      const taken = await takeOver(pool(dataSource), {
        leaseToken,
        // A charge and a look-up may follow each other.
        leaseMs: 2 * this.options.pspTimeoutMs + LEASE_MARGIN_MS,
        paymentsMax: pass.isTrial ? 1 : BATCH_MAX,
      });
      await Promise.all(taken.map((id) => this.complete(id, leaseToken, pass)));
      return taken.length;
    } finally {
      pass.release();
    }
  }

  private async complete(paymentId: string, leaseToken: string, pass: Permit): Promise<void> {
    const { dataSource, finalizer: settlement, logger } = this.parts;
    try {
      const payment = await settlement.payment(paymentId);
      const chargeOutcome = await this.verdict(payment, pass);
      if (chargeOutcome) {
        this.refusedAtMs.delete(paymentId);
        const { status } = await settlement.finalize(payment, chargeOutcome);
        logger.info(
          { paymentId, verdict: chargeOutcome.outcome, status },
          'settled an open payment',
        );
        return;
      }
      await defer(pool(dataSource), { paymentId, leaseToken, afterMs: wait(payment) });
    } catch (error) {
      // The lease runs out and somebody takes it over again.
      logger.error({ err: error, paymentId }, 'could not complete a payment');
    }
  }

  private async verdict(payment: Payment, pass: Permit): Promise<ChargeOutcome | undefined> {
    if (this.ageMs(payment) >= REPEATABLE_FOR_MS) return await this.lookUpOnly(payment);
    const { psp, circuitBreaker: door } = this.parts;
    const charge = await door.execute(pass, () => psp.charge(payment));
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
   * For answers after which the same POST can never charge: what is not found was never charged. The
   * search's lag counts from the first such answer and not from the payment, which may be much older than
   * its last charge: the PSP was down meanwhile, or the request was frozen.
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

  /** A request frozen for a day could still send its POST, so "absent" settles nothing here. */
  private async lookUpOnly(payment: Payment): Promise<ChargeOutcome | undefined> {
    const found = await this.parts.psp.lookUp(payment.id);
    if (found.outcome === 'captured' || found.outcome === 'declined') return found;
    this.parts.logger.error(
      { paymentId: payment.id },
      'a payment is too old to ask for again; settle by hand',
    );
    return undefined;
  }

  private ageMs(payment: Payment): number {
    return this.parts.clockAndIds.now().getTime() - payment.createdAt.getTime();
  }
}

/** Doubles from 1 s to 15 s, so that a payment is settled well within the settle limit of 120 s. */
function wait(payment: Payment): number {
  return Math.min(WAIT_MAX_MS, WAIT_FIRST_MS * 2 ** Math.min(payment.pspAttempts, 10));
}
