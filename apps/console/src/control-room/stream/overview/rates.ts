/** A rate is the mean of so many milliseconds: enough that it does not jump at a few payments. */
export const RATE_WINDOW_MS = 5_000;
/** After so long without a reading, a mean over all of that time would tell nothing of now. */
export const SILENCE_MAX_MS = 3 * RATE_WINDOW_MS;

interface Reading {
  atMs: number;
  /** What each counter has counted since the readings began. */
  counted: ReadonlyMap<string, number>;
}

/**
 * Counters as rates per second: differences between readings. A counter that is lower than before
 * was reset by a restart, so all of its value is new. A counter that was absent before was 0: its
 * first increment created it.
 */
export class Rates {
  private before: ReadonlyMap<string, number> | undefined;
  private counted = new Map<string, number>();
  private readings: Reading[] = [];

  observe(atMs: number, counters: ReadonlyMap<string, number>): void {
    if (atMs - (this.readings.at(-1)?.atMs ?? atMs) > SILENCE_MAX_MS) this.readings = [];
    for (const [name, value] of counters) {
      const sum = this.counted.get(name) ?? 0;
      this.counted.set(name, sum + this.increase(name, value));
    }
    this.before = counters;
    this.readings.push({ atMs, counted: new Map(this.counted) });
    // One reading at or before the beginning of the window stays: the differences begin there.
    while ((this.readings[1]?.atMs ?? Infinity) <= atMs - RATE_WINDOW_MS) this.readings.shift();
  }

  /** Per second, by counter; null before the second reading. */
  perSecond(): Map<string, number> | null {
    const first = this.readings[0];
    const last = this.readings.at(-1);
    if (!first || !last || last.atMs <= first.atMs) return null;
    const seconds = (last.atMs - first.atMs) / 1_000;
    return new Map(
      [...last.counted].map(([name, sum]) => [
        name,
        (sum - (first.counted.get(name) ?? 0)) / seconds,
      ]),
    );
  }

  private increase(name: string, value: number): number {
    if (!this.before) return 0;
    const before = this.before.get(name) ?? 0;
    return value >= before ? value - before : value;
  }
}
