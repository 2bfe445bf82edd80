/** The trend is that of so many milliseconds. */
export const TREND_WINDOW_MS = 15_000;
/** With a shorter history a trend would be a guess. */
const HISTORY_MIN_MS = 4_000;
/** A change of fewer records within the window, or of a smaller share of the lag, is no trend. */
const NOISE_RECORDS = 5;
const NOISE_SHARE = 0.05;

export interface Trend {
  trend: 'growing' | 'shrinking' | 'steady' | null;
  /** At this pace the lag is 0 then; null while it does not shrink. */
  clearsInSeconds: number | null;
}

/** Whether the lag of a consumer grows, and when it is 0 if it goes on like this. */
export class LagTrend {
  private history: { atMs: number; lag: number }[] = [];

  /** To be called with each measurement. The same measurement twice counts once. */
  observe(atMs: number, lag: number): void {
    if ((this.history.at(-1)?.atMs ?? -Infinity) >= atMs) return;
    this.history.push({ atMs, lag });
    this.history = this.history.filter((one) => one.atMs >= atMs - TREND_WINDOW_MS);
  }

  /** The lag could not be measured: what was before says nothing about what comes after. */
  forget(): void {
    this.history = [];
  }

  now(): Trend {
    const first = this.history[0];
    const last = this.history.at(-1);
    if (!first || !last || last.atMs - first.atMs < HISTORY_MIN_MS) {
      return { trend: null, clearsInSeconds: null };
    }
    const perMs = slope(this.history);
    const change = perMs * (last.atMs - first.atMs);
    const isNoise = Math.abs(change) < Math.max(NOISE_RECORDS, NOISE_SHARE * last.lag);
    if (isNoise || last.lag === 0) return { trend: 'steady', clearsInSeconds: null };
    if (change > 0) return { trend: 'growing', clearsInSeconds: null };
    return { trend: 'shrinking', clearsInSeconds: Math.ceil(last.lag / -perMs / 1_000) };
  }
}

/** The line through all points with the least squares: one odd measurement does not turn it. */
function slope(points: { atMs: number; lag: number }[]): number {
  const mean = (values: number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
  const atMs = mean(points.map((point) => point.atMs));
  const lag = mean(points.map((point) => point.lag));
  const covariance = points.map((point) => (point.atMs - atMs) * (point.lag - lag));
  const variance = points.map((point) => (point.atMs - atMs) ** 2);
  return mean(covariance) / mean(variance);
}
