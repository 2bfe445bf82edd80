import { readSamples } from '@effectively-once/testing/metrics';

/** Cumulative counts by upper bound in seconds, ascending, in Prometheus' form. */
export type Histogram = { le: number; count: number }[];

/** Reads one histogram (of a single label set besides `le`) from an app's `/metrics`. */
export async function readHistogram(appUrl: string, metric: string): Promise<Histogram> {
  const samples = await readSamples(appUrl, `${metric}_bucket`);
  return samples.map(({ labels: { le }, value }) => ({
    le: le === '+Inf' ? Infinity : Number(le),
    count: value,
  }));
}

/** The observations between two readings. */
export function difference(after: Histogram, before: Histogram): Histogram {
  const earlier = new Map(before.map(({ le, count }) => [le, count]));
  return after.map(({ le, count }) => ({ le, count: count - (earlier.get(le) ?? 0) }));
}

/**
 * Interpolates linearly within a bucket, as PromQL's histogram_quantile does. The error is at most
 * the width of a bucket.
 * @returns ms; NaN without observations.
 */
export function quantileMs(histogram: Histogram, quantile: number): number {
  const total = histogram.at(-1)?.count ?? 0;
  if (total === 0) return NaN;
  const rank = quantile * total;
  let lower = { le: 0, count: 0 };
  for (const bucket of histogram) {
    if (bucket.count >= rank) {
      if (bucket.le === Infinity) return lower.le * 1_000;
      const within = (rank - lower.count) / (bucket.count - lower.count);
      return (lower.le + (bucket.le - lower.le) * within) * 1_000;
    }
    lower = bucket;
  }
  return lower.le * 1_000;
}
