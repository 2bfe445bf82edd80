import type { RequestListener, Server } from 'node:http';
import { scrapedGauge } from '@effectively-once/platform';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { shopHeaders } from '../http/cors.js';
import { PAYMENTS_ERRORS, paymentsProblem } from '../http/payments-errors.js';
import { checkoutRequests } from '../runtime/metrics.js';
import { LoopDelay } from './loop-delay.js';

/**
 * Counts of checkouts that this process works on. One that waits for the PSP is counted only while
 * the event loop is late.
 */
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
  // At 32, a slow machine under other work refused 60 checkouts/s that it could do. At 100, they
  // waited longer for a connection to the database than its time limit.
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
 * A slow PSP is no load of ours, so a checkout that waits for it is not counted. But while the
 * event loop is late, the PSP's answers wait for us: then it is counted too.
 * @see CoDel, RFC 8289; "Handling Overload", Site Reliability Engineering, chapter 21;
 * https://github.com/Netflix/concurrency-limits
 */
export class LoadShedding {
  private working = 0;
  private atPsp = 0;
  private queueSinceMs: number | undefined;
  /** The times of the last departures, and the place of the oldest. */
  private readonly departedMs = new Array<number>(DEPARTURES).fill(-Infinity);
  private oldest = 0;
  private readonly nowMs: () => number;
  private readonly random: () => number;
  private readonly limits: WorkLimits;
  private readonly loopDelay: Pick<LoopDelay, 'start' | 'stop' | 'isLate'>;

  constructor(options: {
    /** Monotonic. */
    nowMs: () => number;
    random: () => number;
    limits?: WorkLimits;
    loopDelay?: Pick<LoopDelay, 'start' | 'stop' | 'isLate'>;
  }) {
    this.nowMs = options.nowMs;
    this.random = options.random;
    this.limits = options.limits ?? WORK_LIMITS;
    this.loopDelay = options.loopDelay ?? new LoopDelay(options.nowMs);
    scrapedGauge('checkouts_working', WORKING_HELP, [], async (set) => set(this.working));
    scrapedGauge('checkouts_working_max', MAX_HELP, [], async (set) => set(this.max()));
    // An alert on an increase does not see a series that starts at one.
    checkoutRequests.inc({ outcome: 'overloaded' }, 0);
  }

  isFull(): boolean {
    const { working, atPsp } = this;
    // max() reads the clock, so the usual case is decided without it.
    if (working + atPsp < this.limits.alwaysMax) return false;
    return (this.loopDelay.isLate() ? working + atPsp : working) >= this.max();
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

  /** While an admitted checkout waits for the PSP. */
  async whileAtPsp<Result>(call: () => Promise<Result>): Promise<Result> {
    this.depart();
    this.atPsp += 1;
    try {
      return await call();
    } finally {
      this.atPsp -= 1;
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
    const isBurst = nowMs - (this.queueSinceMs ?? nowMs) <= burstMs;
    if (isBurst && !this.loopDelay.isLate()) return burstMax;
    const departuresPerMs = DEPARTURES / (nowMs - (this.departedMs[this.oldest] ?? -Infinity));
    return Math.min(Math.max(alwaysMax, departuresPerMs * visitMs), burstMax);
  }

  private arrive(): void {
    this.working += 1;
    if (this.working >= this.limits.alwaysMax) this.queueSinceMs ??= this.nowMs();
    if (this.working + this.atPsp >= this.limits.alwaysMax) this.loopDelay.start();
  }

  private depart(): void {
    this.working -= 1;
    // Not at alwaysMax: an overload that is held there falls below it with every departure.
    if (this.working <= this.limits.alwaysMax / 2) this.queueSinceMs = undefined;
    if (this.working + this.atPsp <= this.limits.alwaysMax / 2) this.loopDelay.stop();
    this.departedMs[this.oldest] = this.nowMs();
    this.oldest = (this.oldest + 1) % DEPARTURES;
  }
}

const WORKING_HELP = 'Checkouts that payments works on now, without those that wait for the PSP';
const MAX_HELP = 'The number from which on payments refuses checkouts as overloaded';

const PATH = '/v1/payments';
const REFUSAL = JSON.stringify(paymentsProblem('overloaded').body());

/**
 * Refuses before Fastify sees the request: no token is checked, no body is read, no line is logged.
 * At a peak most requests are refusals, and what they cost is taken from the checkouts. Measured:
 * 100 µs of CPU instead of 270 in a hook of Fastify. `admit` decides, because several requests can
 * pass here before the first of them is counted.
 */
export function shedLoadEarly(
  app: NestFastifyApplication,
  loadShedding: LoadShedding,
  shopOrigins: readonly string[],
): void {
  const server: Server = app.getHttpServer();
  const listeners = server.listeners('request') as RequestListener[];
  // An event of Node.js has no way to keep it from the other listeners.
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    const isCheckout = request.method === 'POST' && request.url === PATH;
    if (isCheckout && loadShedding.isFull()) {
      response
        .writeHead(PAYMENTS_ERRORS.overloaded.status, {
          'content-type': 'application/problem+json',
          'content-length': Buffer.byteLength(REFUSAL),
          'retry-after': String(loadShedding.refuse()),
          'x-content-type-options': 'nosniff',
          ...shopHeaders(request.headers.origin, shopOrigins),
        })
        .end(REFUSAL);
      return;
    }
    for (const listener of listeners) listener.call(server, request, response);
  });
}
