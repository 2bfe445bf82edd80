/** What `GET /api/faults` answers: what can be broken, what is, and what was predicted. */
import type { BrokenNow, FaultDefinition, Prediction } from '@effectively-once/scenarios';

/** What the operator types where the console may not touch the process. */
export interface ByHand {
  /** The same in bash and in PowerShell. */
  break: string;
  revert: string;
  /** Both, with the time between them. */
  bash: string;
  powershell: string;
}

export interface OfferedFault extends Omit<FaultDefinition, 'prediction'> {
  prediction: Prediction;
  /** `here`: a button. `by_hand`: two commands. `nowhere`: not in this mode. */
  acts: 'here' | 'by_hand' | 'nowhere';
  byHand: ByHand | null;
}

export interface OfferedLink {
  id: string;
  name: string;
  between: string;
  states?: readonly [sound: string, broken: string];
  faults: OfferedFault[];
}

/** One entry of the history: who broke what, and whether it went as predicted. */
export interface FaultAction {
  id: string;
  at: string;
  operator: string;
  action: 'break' | 'revert';
  target: string;
  kind: string;
  point: string | null;
  seconds: number | null;
  /** Why it could not be broken; null if it could. */
  refused: string | null;
  endedAt: string | null;
  /** null until an audit has judged every payment since the fault began. */
  outcome: 'as_predicted' | 'not_as_predicted' | null;
  /** What that audit said: `0 lost · 0 doubled · 0 late · 0 other`. */
  judgement: string | null;
}

/** A plan of the scheduler. Its seed names all of it: `npm run test:faults -- --plan SEED`. */
export interface RunningPlan {
  seed: string;
  done: number;
  total: number;
  /** What comes next. */
  next: { at: string; target: string; kind: string } | null;
}

export interface Faults {
  links: OfferedLink[];
  /** Whether the target answers now. */
  targets: { name: string; isUp: boolean }[];
  broken: BrokenNow[];
  /** Who did not say what is broken. */
  unreadable: string[];
  /** What the scheduler does; null if none runs. */
  plan: RunningPlan | null;
  /** Newest first. */
  history: FaultAction[];
}
