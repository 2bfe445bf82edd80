export interface ScenarioStep {
  title: string;
  startedAt: string;
  endedAt: string | null;
  outcome: 'running' | 'ok' | 'failed';
  /** What was seen: `201, 201, the same bytes`. */
  detail: string | null;
  /**
   * What the operator types, in bash or PowerShell, where the console may not touch the process.
   * The step waits until it sees the effect. null: the console did it.
   */
  command: string | null;
  paymentIds: string[];
}

/** What one run has done and seen. It is written to disk, and stays as it is at its end. */
export interface ScenarioRun {
  id: string;
  scenario: string;
  title: string;
  /** `interrupted`: the console died while it ran. */
  state: 'queued' | 'running' | 'ok' | 'failed' | 'stopped' | 'interrupted';
  startedAt: string;
  endedAt: string | null;
  steps: ScenarioStep[];
  /** Why it failed, in one sentence; null if it did not. */
  why: string | null;
  /** The audit at its end, of every payment since its start; null before. */
  verdict: { lost: number; doubled: number; late: number; other: number; payments: number } | null;
}

/** A step did not see what it should have seen. */
export class NotAsTold extends Error {
  override readonly name = 'NotAsTold';
}
