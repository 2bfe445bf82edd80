/** One line of Prometheus' text format: `name{label="value",…} value`. */
export interface MetricSample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/gm;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

const labelsIn = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(LABEL)].map(([, key = '', value = '']) => [key, value]));

/** Parses Prometheus' text format. */
export function samplesIn(text: string): MetricSample[] {
  return [...text.matchAll(SAMPLE)].map(([, name = '', labels = '', value = '']) => ({
    name,
    labels: labelsIn(labels),
    value: value === '+Inf' ? Infinity : Number(value),
  }));
}

/** The samples of one metric that have these labels, from an app's `/metrics`. */
export async function readSamples(
  appUrl: string,
  name: string,
  labels: Record<string, string> = {},
): Promise<MetricSample[]> {
  const response = await fetch(new URL('/metrics', appUrl));
  return samplesOf(samplesIn(await response.text()), name, labels);
}

/** The samples of one metric that have these labels. */
export function samplesOf(
  samples: readonly MetricSample[],
  name: string,
  labels: Record<string, string> = {},
): MetricSample[] {
  const wanted = Object.entries(labels);
  return samples.filter(
    (sample) =>
      sample.name === name && wanted.every(([label, value]) => sample.labels[label] === value),
  );
}
