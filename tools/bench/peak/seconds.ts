import { percentile } from '../statistics/spread.js';

/** What became of one offered checkout. `other` is a failure of the run. */
export type Outcome = 'accepted' | 'refused' | 'other';

export interface Second {
  /** Counted from the start of the load. */
  second: number;
  offered: number;
  accepted: number;
  refused: number;
  other: number;
  acceptedP50Ms: number;
  acceptedP99Ms: number;
  refusedP99Ms: number;
}

/** The checkouts of a load by the second in which they were due. */
export class Seconds {
  private readonly latenciesMs: Record<Outcome, number[][]> = {
    accepted: [],
    refused: [],
    other: [],
  };

  /** @param dueMs since the start of the load. The latency counts from there. */
  record(outcome: Outcome, dueMs: number, latencyMs: number): void {
    const second = Math.floor(dueMs / 1_000);
    (this.latenciesMs[outcome][second] ??= []).push(latencyMs);
  }

  /** @returns ms; NaN without one. */
  percentileMs(outcome: Outcome, quantile: number): number {
    return percentile(this.latenciesMs[outcome].flat(), quantile);
  }

  bySecond(): Second[] {
    const { accepted, refused, other } = this.latenciesMs;
    const length = Math.max(accepted.length, refused.length, other.length);
    return Array.from({ length }, (_, second) => {
      const of = (outcome: Outcome) => this.latenciesMs[outcome][second] ?? [];
      return {
        second,
        offered: of('accepted').length + of('refused').length + of('other').length,
        accepted: of('accepted').length,
        refused: of('refused').length,
        other: of('other').length,
        acceptedP50Ms: percentile(of('accepted'), 0.5),
        acceptedP99Ms: percentile(of('accepted'), 0.99),
        refusedP99Ms: percentile(of('refused'), 0.99),
      };
    });
  }
}
