import { circuitState } from '../runtime/metrics.js';
import type { ChargeResult } from './psp.js';

/** So many failures in a row, of any payments, mean that the PSP is down. */
export const FAILURES_TO_OPEN = 5;
export const TRIAL_AFTER_MS = 2_000;
/** The bulkhead: so many checkouts may wait for the PSP at once. It bounds the memory they hold. */
export const CHECKOUTS_MAX = 250;

/** Permission to call the PSP. The caller releases it, used or not. */
export interface Permit {
  /** The one call that decides whether the circuit closes again. */
  isTrial: boolean;
  release: () => void;
}

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
 *   closed ── 5 failures in a row ──► open ── 2 s ──► half open: one trial ── answered ──► closed
 *                                      ▲                                  └── failed ──┐
 *                                      └───────────────────────────────────────────────┘
 *
 * The trial is a real charge, of the completer or of a checkout: a PSP whose charges hang would
 * still answer a health check.
 */
export class PspCircuitBreaker {
  private state: State = 'closed';
  private failuresInARow = 0;
  private openedAtMs = 0;
  private trial: Permit | undefined;
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
    const permit = this.acquire();
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
    return this.acquire();
  }

  /**
   * Calls the PSP and learns from the result. If the circuit opened after the permit was given, it
   * does not call.
   */
  async execute(permit: Permit, charge: () => Promise<ChargeResult>): Promise<ChargeResult> {
    if (this.state !== 'closed' && !permit.isTrial) return { outcome: 'not_reached' };
    if (this.state === 'open') this.enter('half_open');
    let result: ChargeResult;
    try {
      result = await charge();
    } catch (error) {
      // A mistake of ours is no failure of the PSP, and the circuit must not stay half open.
      if (permit.isTrial) this.close();
      throw error;
    }
    this.learn(permit, isPspDown(result) ? 'down' : 'up');
    return result;
  }

  private acquire(): Permit | undefined {
    if (this.state === 'closed') return { isTrial: false, release: () => undefined };
    if (this.trial || this.nowMs() - this.openedAtMs < TRIAL_AFTER_MS) return undefined;
    this.trial = { isTrial: true, release: () => (this.trial = undefined) };
    return this.trial;
  }

  private learn(permit: Permit, psp: 'up' | 'down'): void {
    switch (this.state) {
      case 'closed':
        this.failuresInARow = psp === 'down' ? this.failuresInARow + 1 : 0;
        if (this.failuresInARow >= FAILURES_TO_OPEN) this.open();
        return;
      case 'half_open':
        // Only the trial decides, not the late result of an earlier request.
        if (permit.isTrial) return psp === 'down' ? this.open() : this.close();
        return;
      case 'open':
        // The result of a request that started before the circuit opened.
        return;
      default:
        this.state satisfies never;
    }
  }

  private open(): void {
    const nowMs = this.nowMs();
    this.openedAtMs = nowMs;
    this.enter('open');
    // A trial that failed is part of the same outage.
    if (this.outage) return;
    this.outage = { sinceMs: nowMs, untilMs: undefined };
    this.onOutage(this.outage);
  }

  private close(): void {
    this.failuresInARow = 0;
    this.enter('closed');
    if (this.outage) this.outage.untilMs = this.nowMs();
    this.outage = undefined;
  }

  private enter(state: State): void {
    this.state = state;
    circuitState.set({ dependency: 'psp' }, READING[state]);
  }
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
