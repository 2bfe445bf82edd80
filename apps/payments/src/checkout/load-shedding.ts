import { scrapedGauge } from '@effectively-once/platform';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { PAYMENTS_ERRORS, paymentsProblem } from '../http/payments-errors.js';
import { checkoutRequests } from '../runtime/metrics.js';

/** Counts of checkouts that this process works on. One that waits for the PSP is not counted. */
export interface WorkLimits {
  /** So many are always admitted. Below this a queue says nothing. */
  alwaysMax: number;
  /** Never more. It bounds the memory, and the time in which a burst is worked off. */
  burstMax: number;
  /** How long a queue may stand before it counts as overload and not as a burst. */
  burstMs: number;
  /** How long a checkout may expect to wait at each of its two visits, before and after the PSP. */
  visitMs: number;
}

export const WORK_LIMITS: WorkLimits = {
  alwaysMax: 64,
  burstMax: 250,
  burstMs: 1_000,
  visitMs: 100,
};

/** The rate is that of so many last departures: at 450 checkouts/s, of the last 70 ms. */
const DEPARTURES = 64;
/** Refused clients return spread over so many seconds, and not all at once. */
const RETRY_AFTER_MAX_S = 4;

/**
 * Load shedding: refuses checkouts that would wait too long, before they cost a statement.
 * Otherwise each one that arrives makes all others slower, until clients give up on answers that
 * payments still works for. Only checkouts are refused: reads, webhooks, health and the completer
 * are few, and they are what an overload ends with.
 *
 * The limit is a time, not a number, so it fits any machine. By Little's law a checkout that finds
 * N others waits N / (departures per ms). If the database stands still, nothing departs, and only
 * `alwaysMax` wait for it. As in CoDel, a burst is no overload: only a queue that stands for
 * `burstMs` is.
 *
 * No delay of the event loop is measured: a refusal is cheap and the work is bounded, so the loop
 * cannot fall behind before thousands per second are refused.
 * @see CoDel, RFC 8289; "Handling Overload", Site Reliability Engineering, chapter 21;
 * https://github.com/Netflix/concurrency-limits
 */
export class LoadShedding {
  private working = 0;
  private queueSinceMs: number | undefined;
  /** The times of the last departures, and the place of the oldest. */
  private readonly departedMs = new Array<number>(DEPARTURES).fill(-Infinity);
  private oldest = 0;
  private readonly nowMs: () => number;
  private readonly random: () => number;
  private readonly limits: WorkLimits;

  constructor(options: {
    /** Monotonic. */
    nowMs: () => number;
    random: () => number;
    limits?: WorkLimits;
  }) {
    this.nowMs = options.nowMs;
    this.random = options.random;
    this.limits = options.limits ?? WORK_LIMITS;
    scrapedGauge('checkouts_working', WORKING_HELP, [], async (set) => set(this.working));
    scrapedGauge('checkouts_working_max', MAX_HELP, [], async (set) => set(this.max()));
    // An alert on an increase does not see a series that starts at one.
    checkoutRequests.inc({ outcome: 'overloaded' }, 0);
  }

  isFull(): boolean {
    // max() reads the clock, so the usual case is decided without it.
    return this.working >= this.limits.alwaysMax && this.working >= this.max();
  }

  /**
   * Works on a checkout.
   * @throws Problem `overloaded` if it is one too many. Then nothing was stored.
   */
  async admit<Result>(checkout: () => Promise<Result>): Promise<Result> {
    if (this.isFull()) {
      throw paymentsProblem('overloaded', { retryAfterS: this.refuse() });
    }
    this.arrive();
    try {
      return await checkout();
    } finally {
      this.depart();
    }
  }

  /** While an admitted checkout waits for the PSP: a slow PSP is no load of ours. */
  async whileElsewhere<Result>(call: () => Promise<Result>): Promise<Result> {
    this.depart();
    try {
      return await call();
    } finally {
      this.arrive();
    }
  }

  /** @returns the seconds after which the client may retry. */
  refuse(): number {
    checkoutRequests.inc({ outcome: 'overloaded' });
    return 1 + Math.floor(this.random() * RETRY_AFTER_MAX_S);
  }

  /** How many checkouts this process would work on now. */
  private max(): number {
    const { alwaysMax, burstMax, burstMs, visitMs } = this.limits;
    const nowMs = this.nowMs();
    if (nowMs - (this.queueSinceMs ?? nowMs) <= burstMs) return burstMax;
    const departuresPerMs = DEPARTURES / (nowMs - (this.departedMs[this.oldest] ?? -Infinity));
    return Math.min(Math.max(alwaysMax, departuresPerMs * visitMs), burstMax);
  }

  private arrive(): void {
    this.working += 1;
    if (this.working >= this.limits.alwaysMax) this.queueSinceMs ??= this.nowMs();
  }

  private depart(): void {
    this.working -= 1;
    // Not at alwaysMax: an overload that is held there falls below it with every departure.
    if (this.working <= this.limits.alwaysMax / 2) this.queueSinceMs = undefined;
    this.departedMs[this.oldest] = this.nowMs();
    this.oldest = (this.oldest + 1) % DEPARTURES;
  }
}

const WORKING_HELP = 'Checkouts that payments works on now, without those that wait for the PSP';
const MAX_HELP = 'The number from which on payments refuses checkouts as overloaded';

const REFUSAL = JSON.stringify(paymentsProblem('overloaded').body());

/**
 * Refuses before the token is checked and the body is read: at a peak most requests are refusals,
 * and what they cost is taken from the checkouts. `admit` decides, because several requests can
 * pass here before the first of them is counted.
 */
export function shedLoadEarly(app: NestFastifyApplication, loadShedding: LoadShedding): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', (request, reply, done) => {
    const isCheckout = request.method === 'POST' && request.routeOptions.url === '/v1/payments';
    if (!isCheckout || !loadShedding.isFull()) return done();
    void reply
      .status(PAYMENTS_ERRORS.overloaded.status)
      .header('retry-after', String(loadShedding.refuse()))
      .header('content-type', 'application/problem+json')
      .send(REFUSAL);
  });
}
