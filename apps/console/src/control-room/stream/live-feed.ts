import type { ScenarioRun } from '@effectively-once/scenarios';
import type { FaultsChanged, Overview, Snapshot, Verdict } from '../wire/overview.js';
import type { PaymentSummary } from '../wire/evidence.js';

/** At most four events of a kind in a second. A person sees no more, and a page renders no more. */
export const COALESCE_MS = 250;
/** A page shows the newest payments. It asks for older ones. */
export const PAYMENTS_MAX = 100;

export interface LiveFeedOptions {
  broadcast: (
    name: 'overview' | 'verdict' | 'payment' | 'fault' | 'scenario',
    data: unknown,
  ) => void;
  verdict: () => Verdict;
}

/**
 * What the stream knows now, and what changed since its last event. Changes within COALESCE_MS
 * become one event: the latest overview, and each changed payment once. So the number of events
 * does not depend on the number of payments.
 */
export class LiveFeed {
  private overview: Overview | null = null;
  private latest = new Map<string, PaymentSummary>();
  private changed = new Map<string, PaymentSummary>();
  private runs = new Map<string, ScenarioRun>();
  private isOverviewChanged = false;
  private flushing: NodeJS.Timeout | undefined;
  private shown = { verdict: '', faults: '' };

  constructor(private readonly options: LiveFeedOptions) {}

  /** For a client that begins now, or that missed an event. */
  snapshot(): Snapshot {
    const payments = newestFirst(this.latest);
    return { overview: this.overview, verdict: this.options.verdict(), payments };
  }

  showOverview(overview: Overview): void {
    this.overview = overview;
    this.isOverviewChanged = true;
    this.flushSoon();
  }

  showPayments(payments: readonly PaymentSummary[]): void {
    for (const payment of payments) {
      this.latest.set(payment.id, payment);
      this.changed.set(payment.id, payment);
    }
    this.latest = newest(this.latest);
    this.changed = newest(this.changed);
    if (payments.length > 0) this.flushSoon();
  }

  /** The latest of each run that has changed. A page asks for those that it has not seen begin. */
  showRun(run: ScenarioRun): void {
    this.runs.set(run.id, run);
    this.flushSoon();
  }

  /** Sends the verdict if it is another one: after an audit, and when it becomes stale. */
  showVerdict(): void {
    const verdict = this.options.verdict();
    // The reason of a stale verdict can tell its age. An event every second would say nothing new.
    const text = JSON.stringify({ ...verdict, why: verdict.why?.replaceAll(/\d+/g, '') });
    if (text === this.shown.verdict) return;
    this.shown.verdict = text;
    this.options.broadcast('verdict', verdict);
  }

  /** Sends the faults if one was switched on or off. The time that is left changes always. */
  showFaults(faults: FaultsChanged): void {
    const text = faults.map(({ id }) => id).join();
    if (text === this.shown.faults) return;
    this.shown.faults = text;
    this.options.broadcast('fault', faults);
  }

  /** Nothing is collected any more, so what is known becomes old. */
  forget(): void {
    clearTimeout(this.flushing);
    this.flushing = undefined;
    this.overview = null;
    this.isOverviewChanged = false;
    this.latest.clear();
    this.changed.clear();
    this.runs.clear();
    this.shown = { verdict: '', faults: '' };
  }

  private flushSoon(): void {
    this.flushing ??= setTimeout(() => this.flush(), COALESCE_MS);
  }

  private flush(): void {
    this.flushing = undefined;
    if (this.isOverviewChanged) this.options.broadcast('overview', this.overview);
    if (this.changed.size > 0) this.options.broadcast('payment', newestFirst(this.changed));
    for (const run of this.runs.values()) this.options.broadcast('scenario', run);
    this.runs.clear();
    this.isOverviewChanged = false;
    this.changed.clear();
  }
}

// The id of a payment is a UUID v7, which begins with its time.
const newestFirst = (payments: Map<string, PaymentSummary>) =>
  [...payments.values()].sort((one, other) => (one.id < other.id ? 1 : -1));

function newest(payments: Map<string, PaymentSummary>): Map<string, PaymentSummary> {
  if (payments.size <= PAYMENTS_MAX) return payments;
  const kept = newestFirst(payments).slice(0, PAYMENTS_MAX);
  return new Map(kept.map((payment) => [payment.id, payment]));
}
