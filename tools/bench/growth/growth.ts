import type { StartedServers } from '../processes/start-servers.js';

/** What was measured at one size. Every row of an axis has the same figures. */
export interface GrowthRow {
  size: number;
  figures: Record<string, number>;
}

/** How some figures grow with one quantity. */
export interface GrowthAxis {
  name: string;
  /** What `size` counts. */
  of: string;
  rows: GrowthRow[];
  /** What was wrong in this part. Empty if everything was there once. */
  faults: string[];
}

/** The arguments of every part of the benchmark. */
export interface GrowthPart {
  started: StartedServers;
  signal: AbortSignal;
  print: (line: string) => void;
  /** Makes every size smaller, to try the command out. 1 for a measurement. */
  scaled: (size: number) => number;
}
