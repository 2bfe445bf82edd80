import { circuitState } from '../runtime/metrics.js';
import type { ChargeResult } from './psp.js';

/** So many failures in a row, of so many payments, mean that the PSP is down. */
export const FAILURES_TO_OPEN = 5;
export const PAYMENTS_TO_OPEN = 3;
export const TRIAL_AFTER_MS = 2_000;
/** The bulkhead: so many checkouts may wait for the PSP at once. It bounds the memory they hold. */
export const CHECKOUTS_MAX = 250;

// A forgotten one is counted again.
const FAILING_MAX = 1_000;

/** Permission to call the PSP. The caller releases it, used or not. */
export interface Permit {
  caller: Caller;
  /** A call that may close the circuit again. */
  isTrial: boolean;
  release: () => void;
}

/** A checkout brings a payment that the PSP has never seen, the completer one that failed. */
type Caller = 'checkout' | 'completer';

/** A time in which the circuit was not closed, by this process's monotonic clock. */
export interface Outage {
  sinceMs: number;
  untilMs: number | undefined;
}

type State = 'closed' | 'open' | 'half_open';

const READING: Record<State, number> = { closed: 0, half_open: 1, open: 2 };

/**
 * The circuit breaker of the PSP, and the bulkhead of the checkouts that wait for it. A caller
 * without a permit sends no request and stores nothing.
 *
 *   closed ── 5 failures in a row ──► open ── 2 s ──► half open ── one trial answered ──► closed
 *             of 3 payments            ▲                   └── all failed ──┐
 *                                      └────────────────────────────────────┘
 *
 * A trial is a real charge: a PSP whose charges hang would still answer a health check. A checkout
 * and the completer have a trial each. The completer's payments failed before, so the PSP may
 * refuse them for ever and still work for every new payment.
 *
 * A payment that fails while the PSP answers others fails alone. It is not counted until the PSP
 * has answered it.
 */
export class PspCircuitBreaker {
  private state: State = 'closed';
  private failuresInARow = 0;
  /** The payments of these failures. A request that was not sent is the failure of no payment. */
  private readonly failed = new Set<string | symbol>();
  private readonly failingAlone = new Set<string | symbol>();
  private failedAtMs: Record<Caller, number> = { checkout: 0, completer: 0 };
  private readonly trials: Partial<Record<Caller, Permit>> = {};
  private trialsRunning = 0;
  private checkouts = 0;
  private outage: Outage | undefined;
  private readonly nowMs: () => number;
  private readonly onOutage: (outage: Outage) => void;

  constructor(options: {
    /** A monotonic clock: a wall clock that steps back would put off the trial. */
    nowMs: () => number;
    /** Called once per outage, at its start. At its end, `untilMs` of the same object is set. */
    onOutage: (outage: Outage) => void;
  }) {
    this.nowMs = options.nowMs;
    this.onOutage = options.onOutage;
    this.enter('closed');
  }

  acquireForCheckout(): Permit | undefined {
    if (this.checkouts >= CHECKOUTS_MAX) return undefined;
    const permit = this.acquire('checkout');
    if (!permit) return undefined;
    this.checkouts += 1;
    return {
      ...permit,
      release: () => {
        this.checkouts -= 1;
        permit.release();
      },
    };
  }

  /** Outside the bulkhead: the completer has its own limit, and its answers free the checkouts. */
  acquireForCompleter(): Permit | undefined {
    return this.acquire('completer');
  }

  /**
   * Calls the PSP and learns from the result. If the circuit opened after the permit was given, it
   * does not call.
   */
  async execute(
    permit: Permit,
    paymentId: string,
    charge: () => Promise<ChargeResult>,
  ): Promise<ChargeResult> {
    if (this.state !== 'closed' && !permit.isTrial) return { outcome: 'not_reached' };
    if (permit.isTrial) this.beginTrial();
    let result: ChargeResult | undefined;
    try {
      result = await charge();
      return result;
    } finally {
      if (permit.isTrial) this.endTrial(permit.caller, paymentId, result);
      // Only a trial closes the circuit: any other call may have begun before the PSP went down.
      else if (this.state === 'closed' && result) this.learn(paymentId, result);
    }
  }

  private acquire(caller: Caller): Permit | undefined {
    if (this.state === 'closed') return { caller, isTrial: false, release: () => undefined };
    const isTooEarly = this.nowMs() - this.failedAtMs[caller] < TRIAL_AFTER_MS;
    if (isTooEarly || this.trials[caller]) return undefined;
    const trial = { caller, isTrial: true, release: () => void delete this.trials[caller] };
    this.trials[caller] = trial;
    return trial;
  }

  private beginTrial(): void {
    this.trialsRunning += 1;
    if (this.state === 'open') this.enter('half_open');
  }

  /** @param result undefined if our own code failed: the circuit must not stay half open. */
  private endTrial(caller: Caller, paymentId: string, result: ChargeResult | undefined): void {
    this.trialsRunning -= 1;
    if (!result) {
      if (this.state !== 'closed') this.close();
      return;
    }
    // The other trial has closed the circuit.
    if (this.state === 'closed') return this.learn(paymentId, result);
    if (!isPspDown(result)) {
      this.answered(paymentId);
      return this.close();
    }
    this.failedAtMs[caller] = this.nowMs();
    remember(this.failed, culprit(paymentId, result));
    if (this.trialsRunning === 0) this.enter('open');
  }

  /** While the circuit is closed. */
  private learn(paymentId: string, result: ChargeResult): void {
    if (!isPspDown(result)) return this.answered(paymentId);
    const failed = culprit(paymentId, result);
    if (this.failingAlone.has(failed)) return;
    this.failuresInARow += 1;
    remember(this.failed, failed);
    if (this.failuresInARow < FAILURES_TO_OPEN || this.failed.size < PAYMENTS_TO_OPEN) return;
    this.open();
  }

  private answered(paymentId: string): void {
    for (const failed of this.failed) {
      if (typeof failed === 'string') remember(this.failingAlone, failed);
    }
    this.failingAlone.delete(paymentId);
    this.forgetFailures();
  }

  private forgetFailures(): void {
    this.failed.clear();
    this.failuresInARow = 0;
  }

  private open(): void {
    const nowMs = this.nowMs();
    this.failedAtMs = { checkout: nowMs, completer: nowMs };
    this.enter('open');
    this.outage = { sinceMs: nowMs, untilMs: undefined };
    this.onOutage(this.outage);
  }

  private close(): void {
    this.forgetFailures();
    this.enter('closed');
    if (this.outage) this.outage.untilMs = this.nowMs();
    this.outage = undefined;
  }

  private enter(state: State): void {
    this.state = state;
    circuitState.set({ dependency: 'psp' }, READING[state]);
  }
}

/** A request that never left is the failure of no payment, so each one counts as another. */
const culprit = (paymentId: string, result: ChargeResult) =>
  result.outcome === 'not_reached' ? Symbol('no payment') : paymentId;

function remember(payments: Set<string | symbol>, payment: string | symbol): void {
  payments.add(payment);
  const oldest = payments.values().next();
  if (payments.size > FAILING_MAX && !oldest.done) payments.delete(oldest.value);
}

/**
 * Every answer of the PSP proves that it works, a refusal too. Silence and its own errors do not.
 */
function isPspDown(result: ChargeResult): boolean {
  switch (result.outcome) {
    case 'not_reached':
      return true;
    case 'unknown':
      return result.because === 'psp_down';
    case 'captured':
    case 'declined':
    case 'invalid':
    case 'refused':
      return false;
    default:
      return result satisfies never;
  }
}
