import type { Machine } from '../bench/statistics/this-machine.js';
import type { Environment } from '../stack/environment.js';

/** What a lab can ask for. It starts the four services itself: they are what it measures. */
export type LabServer =
  'kafka' | 'postgres' | 'redis' | 'elasticsearch' | 'connect' | 'third-parties' | 'console';

/**
 * A lab measures one claim that engineers argue about, on real servers. The effect is counted in an
 * independent ledger, never by what a handler believes.
 */
export interface Lab {
  name: string;
  /** One sentence that the measurement can refute. */
  claim: string;
  /** Between which two steps a failure does the damage. */
  failureWindow: string;
  /** What a reader must not conclude. */
  doesNotShow: readonly string[];
  /** About how long the full version takes, with the start of its servers. */
  minutes: number;
  servers: readonly LabServer[];
  /** @throws Error when it could not measure. A claim that does not hold is a result, no error. */
  run: (context: LabContext) => Promise<LabResult>;
}

export interface LabContext {
  brokers: string[];
  /** A database that the lab may write to, with the superuser's credentials. */
  postgresUrl: string;
  redisUrl: string;
  elasticsearchUrl: string;
  /** Of the servers, with every address and secret: for a lab that starts the services. */
  environment: Environment;
  /** For logs and ledgers. Exists. */
  folder: string;
  seed: number;
  /** From 0 to 1. The same seed gives the same numbers. */
  random: () => number;
  /** The version of `npm test`: at most 20 s. */
  isSmall: boolean;
  signal: AbortSignal;
  print: (line: string) => void;
}

export interface LabTable {
  head: string[];
  rows: string[][];
}

/** A measured figure and its bounds. Both bounds are included. */
export interface LabClaim {
  claim: string;
  value: number;
  atLeast?: number;
  atMost?: number;
}

export interface LabResult {
  table: LabTable;
  figures: Record<string, number>;
  claims: LabClaim[];
  /** An SVG document. */
  picture: string;
}

/** What a run leaves behind: `receipt.json`. */
export interface LabReceipt {
  lab: string;
  claim: string;
  failureWindow: string;
  doesNotShow: readonly string[];
  at: string;
  seconds: number;
  machine: Machine;
  seed: number;
  version: 'full' | 'small';
  table: LabTable;
  figures: Record<string, number>;
  claims: (LabClaim & { holds: boolean })[];
}

/** NaN holds nothing: a figure that was not measured proves no claim. */
export const isHeld = ({ value, atLeast = -Infinity, atMost = Infinity }: LabClaim): boolean =>
  value >= atLeast && value <= atMost;

/** As a reader writes it: `exactly 20`, `at most 0`, `from 1 to 5`. */
export function boundsOf({ atLeast, atMost }: LabClaim): string {
  if (atLeast !== undefined && atMost !== undefined) {
    return atLeast === atMost ? `exactly ${atLeast}` : `from ${atLeast} to ${atMost}`;
  }
  if (atLeast !== undefined) return `at least ${atLeast}`;
  return atMost === undefined ? 'no bound' : `at most ${atMost}`;
}
