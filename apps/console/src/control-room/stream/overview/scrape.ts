/** The metrics of one app at one moment. */
export class Scrape {
  private readonly series: { name: string; labels: ReadonlyMap<string, string>; value: number }[];

  /** @param text in Prometheus' text format. Other metrics than `names` are not parsed. */
  constructor(text: string, names: readonly string[]) {
    const line = new RegExp(`^(${names.join('|')})(?:\\{(.*)\\})? (\\S+)$`, 'gm');
    this.series = [...text.matchAll(line)].map(([, name = '', labels = '', value]) => ({
      name,
      labels: new Map([...labels.matchAll(LABEL)].map(([, key = '', label = '']) => [key, label])),
      value: Number(value),
    }));
  }

  /** The values of a metric by one of its labels. Series that differ in other labels are added. */
  by(name: string, label: string, only: Record<string, string> = {}): Map<string, number> {
    const sums = new Map<string, number>();
    for (const { labels, value } of this.all(name, only)) {
      const key = labels.get(label) ?? '';
      sums.set(key, (sums.get(key) ?? 0) + value);
    }
    return sums;
  }

  /** The sum of a metric's series; null without any, because absent is not 0. */
  sum(name: string, only: Record<string, string> = {}): number | null {
    const found = this.all(name, only);
    return found.length === 0 ? null : found.reduce((sum, { value }) => sum + value, 0);
  }

  private all(name: string, only: Record<string, string>) {
    const wanted = Object.entries(only);
    return this.series.filter(
      (one) => one.name === name && wanted.every(([key, label]) => one.labels.get(key) === label),
    );
  }
}

const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** @throws Error when the app does not answer in `timeoutMs`. */
export async function scrape(
  appUrl: string,
  names: readonly string[],
  timeoutMs: number,
): Promise<Scrape> {
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await fetch(new URL('/metrics', appUrl), { signal });
  if (!response.ok) throw new Error(`${appUrl} answered ${response.status}`);
  return new Scrape(await response.text(), names);
}
