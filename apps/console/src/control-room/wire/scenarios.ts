/** What `GET /api/scenarios` and `GET /api/scenario-runs/{id}` answer. */
import type { Scenario, ScenarioRun } from '@effectively-once/scenarios';

export type RunSummary = Omit<ScenarioRun, 'steps'>;

export interface OfferedScenario extends Omit<Scenario, 'run' | 'breaks'> {
  /** false: it breaks a process that the console may not touch here. */
  canRun: boolean;
  lastRun: RunSummary | null;
}

export interface Scenarios {
  items: OfferedScenario[];
  /** Newest first. */
  runs: RunSummary[];
}
