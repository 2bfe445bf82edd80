import { setTimeout as sleep } from 'node:timers/promises';
import { withTimeout } from '@effectively-once/timing';
import { classify, DependencyDown } from '../failure.js';
import {
  type CircuitReading,
  mayBeServerFault,
  markAsOwnFault,
  newStreak,
  putInStreak,
  type Streak,
  type StreakOwner,
} from './streak.js';
import type { CircuitOutage } from './circuit-outage.js';
import { WaitingLanes } from './waiting-lanes.js';

/** So many different lanes failed in a row, with no success between: the server is to blame. */
export const LANES_TO_OPEN = 3;
const PROBE_EVERY_MS = 1_000;
/** A probe that takes longer counts as no answer. */
const PROBE_TIMEOUT_MS = 5_000;
/** Enough lanes for a trial every second; more would only fill the memory during an outage. */
const UNTRIED_LANES_MAX = 10;
/** A lane that fails and never comes back must not be kept for ever. */
const LANES_AT_FAULT_MAX = 1_000;

export interface CircuitOptions {
  /** As metrics, logs and `DependencyDown` name it. */
  dependency: string;
  /** Tries what the work needs, on a new connection. */
  probe: () => Promise<void>;
  probeTimeoutMs?: number;
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Circuit breaker: tells a server that is down from a record that is bad.
 *
 *   closed ── unusable, or 3 lanes failed in a row ──► open ── every second: probe ──┐
 *     ▲                                                  ▲                           ▼
 *     └────────── it works ────── one lane tries ◄───────┴─────────────────────── answers
 *                                (half open)  └─ it fails ──► open
 *
 * It counts lanes, not calls: one address that is always refused fails a hundred times without
 * opening it. A reply that is surely about one record (an unknown mailbox) proves that the server
 * works. What failed on the way to opening was not the record's fault (`isSymptomOfOutage`).
 *
 * Three bad mailboxes in a quiet moment look like an outage. So lanes that have not failed try
 * first, and records are fetched until there are some (`admitsRecords`). The first success closes
 * the circuit. It also proves that the lanes which were refused fail alone: from then on their
 * failures count as their own and open nothing, until they succeed.
 */
export class Circuit implements StreakOwner {
  readonly dependency: string;
  private readonly wait: NonNullable<CircuitOptions['wait']>;
  private readonly closing = new AbortController();
  private readonly listeners: ((reading: CircuitReading) => void)[] = [];
  private state: CircuitReading = 'closed';
  private streak = newStreak(this);
  private outage: CircuitOutage | undefined;
  private readonly waiting = new WaitingLanes(() => this.tell());
  private readonly trials = new Set<string>();
  private readonly lanesAtFault = new Set<string>();
  private admitted = true;

  constructor(private readonly options: CircuitOptions) {
    this.dependency = options.dependency;
    this.wait = options.wait ?? ((ms, signal) => sleep(ms, undefined, { signal, ref: false }));
  }

  get reading(): CircuitReading {
    return this.state;
  }

  /** In Unix milliseconds; undefined while it is closed. */
  get nextProbeAtMs(): number | undefined {
    return this.outage?.nextProbeAtMs;
  }

  /** Whether records may be fetched: while closed, and while a trial needs a lane that is new. */
  get admitsRecords(): boolean {
    if (!this.outage) return true;
    if (!this.outage.isAnswering) return false;
    return this.waiting.areFewerThan(UNTRIED_LANES_MAX, (lane) => this.isUntried(lane));
  }

  /** `tell` is called when `reading` or `admitsRecords` changes, and after every probe. */
  onChange(tell: (reading: CircuitReading) => void): void {
    this.listeners.push(tell);
  }

  /**
   * Uses the server for one lane (a user). What `use` throws is thrown unchanged.
   * @throws DependencyDown without using it, while the circuit is not closed.
   */
  async call<Result>(lane: string, use: () => Promise<Result>): Promise<Result> {
    const isTrial = this.trials.delete(lane);
    if (this.outage && !isTrial) throw new DependencyDown(this.dependency);
    if (isTrial && this.outage) this.become('half_open');
    try {
      const result = await use();
      this.succeeded(lane, isTrial);
      return result;
    } catch (error) {
      if (mayBeServerFault(error)) await this.failed(lane, error);
      else this.succeeded(lane, isTrial);
      throw error;
    }
  }

  /** Resolves when this lane may try again: at once while closed, else as a trial or with all. */
  async untilUsable(lane: string, signal: AbortSignal): Promise<void> {
    if (this.outage) await this.waiting.add(lane, signal);
  }

  /** Stops probing. For a process that ends. */
  close(): void {
    this.closing.abort();
  }

  /** After a rebalance: the lanes whose failures were counted may belong to another member. */
  forgetLanes(): void {
    this.streak = newStreak(this);
    this.lanesAtFault.clear();
  }

  /**
   * Asked before a record is dead-lettered. With fewer than three active users no three can fail in
   * a row, so the server itself is probed.
   */
  async isToBlame(streak: Streak): Promise<boolean> {
    if (streak.isOutage) return true;
    // A success has ended the streak since, or a rebalance.
    if (streak !== this.streak) return false;
    // Others may fail during the probe, and a server may answer the probe and refuse every record.
    if (await this.answers()) return streak.isOutage;
    streak.isOutage = true;
    this.open({ wasUnusable: true });
    return true;
  }

  private succeeded(lane: string, isTrial: boolean): void {
    this.lanesAtFault.delete(lane);
    if (this.streak.lanes.size > 0) {
      this.streak.endedBySuccess = true;
      this.streak = newStreak(this);
    }
    if (!isTrial || !this.outage) return;
    for (const refused of this.outage.refused) if (refused !== lane) this.addLaneAtFault(refused);
    this.closeCircuit();
  }

  private async failed(lane: string, error: unknown): Promise<void> {
    const isDown = classify(error) === 'dependency_down';
    if (this.lanesAtFault.has(lane) && (!isDown || (await this.answers()))) {
      markAsOwnFault(error);
      if (this.outage) this.become('open');
      return;
    }
    this.streak.lanes.add(lane);
    putInStreak(error, this.streak);
    if (isDown || this.streak.lanes.size >= LANES_TO_OPEN) this.streak.isOutage = true;
    if (this.outage) {
      this.outage.refused.add(lane);
      this.become('open');
    } else if (this.streak.isOutage) this.open({ wasUnusable: isDown });
  }

  private addLaneAtFault(lane: string): void {
    const [oldest = ''] = this.lanesAtFault;
    if (this.lanesAtFault.size >= LANES_AT_FAULT_MAX) this.lanesAtFault.delete(oldest);
    this.lanesAtFault.add(lane);
  }

  private open({ wasUnusable }: { wasUnusable: boolean }): void {
    if (this.outage) return;
    this.outage = { wasUnusable, isAnswering: false, refused: new Set(this.streak.lanes) };
    this.become('open');
    void this.recover(this.outage).catch(() => undefined);
  }

  private closeCircuit(): void {
    this.outage = undefined;
    // A lane that was let go and never called must not pass when it opens the next time.
    this.trials.clear();
    this.become('closed');
    this.waiting.releaseAll();
  }

  private become(state: CircuitReading): void {
    const isChange = this.state !== state;
    this.state = state;
    this.tell(isChange);
  }

  private tell(isChange = false): void {
    const { admitsRecords } = this;
    if (!isChange && admitsRecords === this.admitted) return;
    this.admitted = admitsRecords;
    this.listeners.forEach((tell) => tell(this.state));
  }

  private async recover(outage: CircuitOutage): Promise<void> {
    while (this.outage === outage) {
      outage.nextProbeAtMs = Date.now() + PROBE_EVERY_MS;
      await this.wait(PROBE_EVERY_MS, this.closing.signal);
      const isAnswering = await this.answers();
      // During the probe, a trial that was still running may have succeeded and closed it.
      if (this.outage === outage) this.probed(outage, isAnswering);
    }
  }

  private probed(outage: CircuitOutage, isAnswering: boolean): void {
    if (isAnswering && !outage.isAnswering && outage.wasUnusable) {
      // It answers again, so what fails from here on may be a record's own fault, and what failed
      // before proves nothing. After refusals of everything an answer to the probe proves nothing:
      // a provider may say 451 to all and greet well.
      outage.refused.clear();
      this.streak = newStreak(this);
    }
    outage.isAnswering = isAnswering;
    const next = isAnswering ? this.waiting.take((lane) => this.isUntried(lane)) : undefined;
    if (next) {
      this.trials.add(next.lane);
      next.goOn();
    } else if (isAnswering && this.state === 'open' && this.trials.size === 0) {
      // No lane waits, so no lane can try. What fails next starts a new streak: in the old one, a
      // single bad record would open the circuit, and would never be counted.
      this.streak = newStreak(this);
      this.closeCircuit();
    }
    this.tell(true);
  }

  private isUntried(lane: string): boolean {
    return !this.outage?.refused.has(lane) && !this.lanesAtFault.has(lane);
  }

  private async answers(): Promise<boolean> {
    const { probe, probeTimeoutMs = PROBE_TIMEOUT_MS } = this.options;
    try {
      await withTimeout(probe(), probeTimeoutMs);
      return true;
    } catch {
      return false;
    }
  }
}
