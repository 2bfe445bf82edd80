import { setTimeout as sleep } from 'node:timers/promises';
import { withTimeout } from '@effectively-once/timing';
import { circuitBreaker, CircuitState, handleWhen, type CircuitBreakerPolicy } from 'cockatiel';
import { classify, DependencyDown } from '../failure.js';

/** So many different lanes failing in a row, with no success between, are the server's fault. */
export const LANES_TO_OPEN = 3;
export const PROBE_EVERY_MS = 1_000;
/** A probe that takes longer counts as no answer. */
const PROBE_TIMEOUT_MS = 5_000;

export interface CircuitOptions {
  /** As metrics, logs and `DependencyDown` name it. */
  dependency: string;
  /** Asks the server, as cheaply as it can be asked, whether it works: PING, NOOP, `select 1`. */
  probe: () => Promise<void>;
  probeTimeoutMs?: number;
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export type CircuitReading = 'closed' | 'half_open' | 'open';

/** Failures in a row. It ends with the first success, and may turn out to have been an outage. */
interface Streak {
  circuit: Circuit;
  lanes: Set<string>;
  isOutage: boolean;
}

interface Waiter {
  lane: string;
  goOn: () => void;
}

const streakOf = new WeakMap<object, Streak>();

/**
 * Tells a server that is down from a record that is bad.
 *
 *   closed ── cannot be reached, or 3 lanes failed in a row ──► open ── every second: probe ──┐
 *     ▲                                                          ▲                            ▼
 *     └────────────── it works ──── one waiting lane tries ◄─────┴──────────────────────── answers
 *                                   (half open)  └─ it fails ──► open
 *
 * It counts lanes, not calls: one address that is always refused fails a hundred times without opening
 * it. Any reply that proves the server works, a refusal of this one record too, counts as success. And
 * what failed on the way to opening was not the record's fault (`isSymptomOfOutage`).
 *
 * The state machine is cockatiel's; when it opens, and who may try it, are ours.
 */
export class Circuit {
  readonly dependency: string;
  private readonly policy: CircuitBreakerPolicy;
  private readonly wait: NonNullable<CircuitOptions['wait']>;
  private readonly closing = new AbortController();
  private readonly listeners: ((reading: CircuitReading) => void)[] = [];
  private readonly trials = new Set<string>();
  private waiters: Waiter[] = [];
  private streak = this.newStreak();
  private openedUnreachable = false;
  private isRecovering = false;

  constructor(private readonly options: CircuitOptions) {
    this.dependency = options.dependency;
    this.wait = options.wait ?? ((ms, signal) => sleep(ms, undefined, { signal, ref: false }));
    this.policy = circuitBreaker(handleWhen(isCounted), {
      // When it may be tried is ours to say; after 0 ms a clock that is set back would refuse it.
      halfOpenAfter: -Infinity,
      breaker: { state: undefined, success: () => undefined, failure: () => this.streak.isOutage },
    });
    this.policy.onStateChange(() => this.listeners.forEach((tell) => tell(this.reading)));
    this.policy.onBreak(() => void this.recover().catch(() => undefined));
    this.policy.onReset(() => {
      // A lane that was let go and never came must not pass when it is open the next time.
      this.trials.clear();
      this.waiters.splice(0).forEach(({ goOn }) => goOn());
    });
  }

  get reading(): CircuitReading {
    if (this.policy.state === CircuitState.Closed) return 'closed';
    return this.policy.state === CircuitState.HalfOpen ? 'half_open' : 'open';
  }

  onChange(tell: (reading: CircuitReading) => void): void {
    this.listeners.push(tell);
  }

  /**
   * Uses the server for one lane (a user). What `use` throws comes out as it was thrown.
   * @throws DependencyDown without using it, while the circuit is not closed.
   */
  async call<Result>(lane: string, use: () => Promise<Result>): Promise<Result> {
    const isTrial = this.trials.delete(lane);
    if (this.reading !== 'closed' && !isTrial) throw new DependencyDown(this.dependency);
    return await this.policy.execute(async () => {
      try {
        const result = await use();
        this.succeeded();
        return result;
      } catch (error) {
        this.failed(lane, error);
        throw error;
      }
    });
  }

  /** Resolves when this lane may try again: at once while closed, else when it is its turn or all's. */
  async untilUsable(lane: string, signal: AbortSignal): Promise<void> {
    if (this.reading === 'closed') return;
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const calledOff = () => {
        this.waiters = this.waiters.filter((other) => other !== waiter);
        reject(signal.reason as Error);
      };
      const goOn = () => {
        signal.removeEventListener('abort', calledOff);
        resolve();
      };
      const waiter = { lane, goOn };
      this.waiters.push(waiter);
      signal.addEventListener('abort', calledOff, { once: true });
    });
  }

  /** Gives up probing. For a process that ends. */
  close(): void {
    this.closing.abort();
  }

  /** Partitions were dealt anew: the lanes whose failures were counted may be another member's now. */
  forgetStreak(): void {
    this.streak = this.newStreak();
  }

  /**
   * Asked before a record is given up. With fewer than three users active no three can fail in a row,
   * so the server itself is asked.
   */
  async isToBlame(streak: Streak): Promise<boolean> {
    if (streak.isOutage) return true;
    // It has worked for somebody since.
    if (streak !== this.streak) return false;
    // Others may have failed while it was asked, and it may greet well although it refuses everybody.
    if (await this.answers()) return streak.isOutage;
    this.streak.isOutage = true;
    const opening = this.policy.execute(() => Promise.reject(new DependencyDown(this.dependency)));
    await opening.catch(() => undefined);
    return true;
  }

  private newStreak(): Streak {
    return { circuit: this, lanes: new Set(), isOutage: false };
  }

  private succeeded(): void {
    if (this.streak.lanes.size > 0) this.streak = this.newStreak();
  }

  private failed(lane: string, error: unknown): void {
    if (!isCounted(error)) return this.succeeded();
    this.streak.lanes.add(lane);
    if (typeof error === 'object' && error !== null) streakOf.set(error, this.streak);
    this.openedUnreachable = classify(error) === 'dependency_down';
    if (this.openedUnreachable || this.streak.lanes.size >= LANES_TO_OPEN) {
      this.streak.isOutage = true;
    }
  }

  private async recover(): Promise<void> {
    // A failed trial opens it again, and every opening comes here: one of them asks and lets try, not all.
    if (this.isRecovering) return;
    this.isRecovering = true;
    try {
      await this.probeUntilClosed();
    } finally {
      this.isRecovering = false;
    }
  }

  private async probeUntilClosed(): Promise<void> {
    while (this.reading !== 'closed') {
      await this.wait(PROBE_EVERY_MS, this.closing.signal);
      if (!(await this.answers())) continue;
      // It answers again, so what fails from here on may be a record's own fault. After refusals for
      // everybody an answer to the probe proves nothing: a provider may say 451 to all and greet well.
      if (this.openedUnreachable) this.forgetStreak();
      const next = this.waiters.shift();
      if (next) {
        this.trials.add(next.lane);
        next.goOn();
      } else if (this.reading === 'open') {
        // Nobody waits, so nobody can try it, and nothing is fetched while it is open. Who fails next
        // starts a new streak: in the old one, a single bad record would open it, and never be counted.
        this.forgetStreak();
        await this.policy.execute(() => Promise.resolve());
      }
    }
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

/** The error is one of those that led to opening a circuit, so it is not the record's fault. */
export function isSymptomOfOutage(error: unknown): boolean {
  return streakBehind(error)?.isOutage ?? false;
}

/** @returns whether a dependency, not the record, is to blame for it after all. */
export async function isDependencyToBlame(error: unknown): Promise<boolean> {
  const streak = streakBehind(error);
  return streak ? await streak.circuit.isToBlame(streak) : false;
}

/** The circuit an error came through; undefined when it came through none. */
export function circuitBehind(error: unknown): Circuit | undefined {
  return streakBehind(error)?.circuit;
}

function streakBehind(error: unknown): Streak | undefined {
  return typeof error === 'object' && error !== null ? streakOf.get(error) : undefined;
}

// Permanent failures, poison and held leases are replies: the server works.
function isCounted(error: unknown): boolean {
  const failureClass = classify(error);
  return failureClass === 'transient' || failureClass === 'dependency_down';
}
