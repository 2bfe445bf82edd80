import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleWhenResult } from 'cockatiel';
import { circuitState } from '../runtime/metrics.js';
import type { ChargeResult } from './psp.js';

/** So many failures in a row, whoever's they are, are the PSP's. */
export const FAILURES_TO_OPEN = 5;
export const TRIAL_AFTER_MS = 2_000;
/** So many checkouts may wait for the PSP at once; a PSP that hangs must not hold more memory than that. */
export const CHECKOUTS_MAX = 250;

/** Leave to ask the PSP. Whoever got it gives it back, used or not. */
export interface Permit {
  /** The one question that decides whether the door opens again. */
  isTrial: boolean;
  release: () => void;
}

/** A time in which the door was shut, by this process's own clock. */
export interface Outage {
  sinceMs: number;
  untilMs: number | undefined;
}

/**
 * The way to the PSP: shut while the PSP is down, full while too many are waiting for it. Whoever is not
 * let in has asked nothing and stored nothing.
 *
 *   closed ── 5 failures in a row ──► open ── 2 s ──► half open: one asks ── answered ──► closed
 *                                      ▲                               └── failed ──┐
 *                                      └────────────────────────────────────────────┘
 *
 * (The words are the circuit breaker's: a closed circuit lets everybody through.) What is asked in the
 * trial is a real charge, the completer's or a customer's: a probe that charges nothing would be answered
 * by a PSP whose charges hang. cockatiel keeps the state; who may try, and when, is decided here.
 */
export class PspCircuitBreaker {
  private readonly policy = circuitBreaker(
    handleWhenResult((result) => isPspDown(result as ChargeResult)),
    // When a trial is due is judged by `nowMs`. cockatiel asks Date.now(), which may step back, so it is told
    // that the trial has always been due: a wait of 0 would refuse it until the wall clock has caught up.
    { halfOpenAfter: Number.NEGATIVE_INFINITY, breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN) },
  );
  private checkouts = 0;
  private trial: Permit | undefined;
  private brokeAtMs = 0;
  private outage: Outage | undefined;

  constructor(
    private readonly options: {
      /** Never goes back. */
      nowMs: () => number;
      /** Told once per outage, at its start; the same object says later when it ended. */
      onOutage: (outage: Outage) => void;
    },
  ) {
    this.policy.onBreak(() => this.opened());
    this.policy.onReset(() => this.closed());
    this.policy.onStateChange(() => circuitState.set({ dependency: 'psp' }, this.reading));
    circuitState.set({ dependency: 'psp' }, this.reading);
  }

  acquireForCheckout(): Permit | undefined {
    if (this.checkouts >= CHECKOUTS_MAX) return undefined;
    const pass = this.acquire();
    if (!pass) return undefined;
    this.checkouts += 1;
    return {
      ...pass,
      release: () => {
        this.checkouts -= 1;
        pass.release();
      },
    };
  }

  /** Not counted among the checkouts: it has its own bound, and what it finds out frees them. */
  acquireForCompleter(): Permit | undefined {
    return this.acquire();
  }

  /** Asks, and learns from the answer. Not asked at all when the circuit opened after the pass was given. */
  async execute(pass: Permit, charge: () => Promise<ChargeResult>): Promise<ChargeResult> {
    if (this.policy.state !== CircuitState.Closed && !pass.isTrial)
      return { outcome: 'not_reached' };
    return await this.policy.execute(charge);
  }

  private acquire(): Permit | undefined {
    if (this.policy.state === CircuitState.Closed)
      return { isTrial: false, release: () => undefined };
    if (this.trial || this.options.nowMs() - this.brokeAtMs < TRIAL_AFTER_MS) return undefined;
    this.trial = { isTrial: true, release: () => (this.trial = undefined) };
    return this.trial;
  }

  private opened(): void {
    const nowMs = this.options.nowMs();
    this.brokeAtMs = nowMs;
    // A trial that failed is part of the same outage.
    if (this.outage) return;
    this.outage = { sinceMs: nowMs, untilMs: undefined };
    this.options.onOutage(this.outage);
  }

  private closed(): void {
    if (this.outage) this.outage.untilMs = this.options.nowMs();
    this.outage = undefined;
  }

  private get reading(): number {
    if (this.policy.state === CircuitState.Closed) return 0;
    return this.policy.state === CircuitState.HalfOpen ? 1 : 2;
  }
}

/** Whatever the PSP says, a refusal too, proves that it works; silence and its own errors do not. */
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
