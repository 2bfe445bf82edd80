/** What `GET /api/scenarios` and `GET /api/scenario-runs/{id}` answer. */
import type { Scenario, ScenarioRun } from '@effectively-once/scenarios';

export type RunSummary = Omit<ScenarioRun, 'steps'>;

export interface OfferedScenario extends Omit<Scenario, 'run' | 'breaks' | 'byHand'> {
  /** `by_hand`: its steps show the commands. `nowhere`: the console may not touch its target. */
  acts: 'here' | 'by_hand' | 'nowhere';
  lastRun: RunSummary | null;
}

export interface Scenarios {
  items: OfferedScenario[];
  /** Newest first. */
  runs: RunSummary[];
}
