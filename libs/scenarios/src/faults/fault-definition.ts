import type { PredictionName } from './predictions.js';

/** How the supervisor breaks a process or a connection. External systems have their own kinds. */
export const SUPERVISED_KINDS = [
  'kill',
  'kill_at',
  'freeze',
  'stop',
  'refuse',
  'hang',
  // Mistakes of an operator, at a target that is no process.
  'advance',
  'delete',
] as const;

/** The targets whose faults the simulated external systems switch on and off themselves. */
export const EXTERNAL_TARGETS = ['psp', 'smtp', 'pager'] as const;
export type ExternalTarget = (typeof EXTERNAL_TARGETS)[number];

export const isExternal = (target: string): target is ExternalTarget =>
  EXTERNAL_TARGETS.some((one) => one === target);

/** One thing that can be broken. `target` and `kind` are what `POST /api/faults` takes. */
export interface FaultDefinition {
  target: string;
  kind: string;
  /** What the button says. */
  name: string;
  /** What happens to the target, for a visitor who does not know it. */
  does: string;
  prediction: PredictionName;
  /** false: over as soon as it has happened, such as kill -9. The supervisor restarts it. */
  lasts: boolean;
  /** It needs a mail address. */
  needsAddress?: true;
  /**
   * A mistake of an operator: it ends with the repair of the runbook, which takes up to a minute.
   */
  isMistake?: true;
  /** Where the process kills itself, for `kill_at`. */
  points?: readonly string[];
}

/** One card of the page: a link of the pipeline. */
export interface FaultLink {
  id: string;
  name: string;
  /** The link as the picture draws it. */
  between: string;
  /** How it is, and how it is while it is broken, if it is no process that answers. */
  states?: readonly [sound: string, broken: string];
  faults: readonly FaultDefinition[];
}
