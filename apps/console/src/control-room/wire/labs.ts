/** What the console says of a lab (`npm run lab`). Nothing of it is computed here. */
export interface LabSummary {
  name: string;
  claim: string;
  failureWindow: string;
  command: string;
  /** The last run on this machine, from its receipt; null if there is none. */
  run: LabRun | null;
  /** The line of docs/labs.md that names the documented run, or null. */
  documented: string | null;
}

export interface LabRun {
  at: string;
  seed: number;
  seconds: number;
  version: 'full' | 'small';
  claimsHeld: number;
  claimsBroken: number;
}

export interface LabDetail extends LabSummary {
  doesNotShow: string[];
  /** Of the last run here. */
  table: { head: string[]; rows: string[][] } | null;
  claims: { claim: string; value: number | null; holds: boolean }[];
  /** Where `picture` comes from: the last run here, or the documents; null: there is no picture. */
  pictureOf: 'run' | 'documents' | null;
}

export interface LabList {
  items: LabSummary[];
}
