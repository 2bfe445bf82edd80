import { randomUUID } from 'node:crypto';
import { Problem } from '@effectively-once/platform';
import {
  runScenario,
  SCENARIOS,
  type Scenario,
  type ScenarioRun,
} from '@effectively-once/scenarios';
import type { RunSummary, Scenarios } from '../wire/scenarios.js';
import type { Receipts } from './receipts.js';

const QUEUED_MAX = 2 * SCENARIOS.length;
const SHOWN_MAX = 30;

export interface RunnerOptions {
  receipts: Pick<Receipts, 'load' | 'write'>;
  canBreak: (target: string) => boolean;
  /** Where the stories reach the system, and with which tokens. */
  reach: Omit<Parameters<typeof runScenario>[2], 'signal' | 'onChange'>;
}

/** Runs stories one after the other: two at once would see each other's faults. */
export class ScenarioRunner {
  private readonly runs: ScenarioRun[];
  private readonly stops = new Map<string, AbortController>();
  private last: Promise<void> = Promise.resolve();
  private readonly listeners: ((run: ScenarioRun) => void)[] = [];

  constructor(private readonly options: RunnerOptions) {
    this.runs = options.receipts.load();
  }

  /** Called whenever a run has changed: a step began or ended, or the run did. */
  onChange(listener: (run: ScenarioRun) => void): void {
    this.listeners.push(listener);
  }

  list(): Scenarios {
    const newestFirst = [...this.runs].reverse().map(summaryOf);
    return {
      items: SCENARIOS.map((scenario) => ({
        ...toldOf(scenario),
        acts: this.acts(scenario),
        lastRun: newestFirst.find((run) => run.scenario === scenario.name) ?? null,
      })),
      runs: newestFirst.slice(0, SHOWN_MAX),
    };
  }

  /** @throws Problem 404 */
  run(id: string): ScenarioRun {
    const found = this.runs.find((one) => one.id === id);
    if (!found) throw new Problem('not_found', { status: 404, detail: 'There is no such run.' });
    return found;
  }

  /** It runs when the runs before it have ended. @throws Problem */
  start(name: string): ScenarioRun {
    const scenario = SCENARIOS.find((one) => one.name === name);
    if (!scenario) {
      throw new Problem('not_found', { status: 404, detail: 'There is no such scenario.' });
    }
    if (this.acts(scenario) === 'nowhere') {
      const detail = 'It breaks a process, and the console may not touch processes here.';
      throw new Problem('fault_by_hand', { status: 409, detail });
    }
    if (this.stops.size >= QUEUED_MAX) {
      throw new Problem('too_many_runs', {
        status: 409,
        detail: `${QUEUED_MAX} runs wait already.`,
      });
    }
    const run = newRun(scenario);
    const stop = new AbortController();
    this.runs.push(run);
    this.stops.set(run.id, stop);
    this.last = this.last.then(() => this.perform(scenario, run, stop.signal));
    return run;
  }

  /** What it has broken is reverted by itself. @throws Problem 404 */
  stop(id: string): ScenarioRun {
    const run = this.run(id);
    this.stops.get(id)?.abort();
    return run;
  }

  async stopAll(): Promise<void> {
    for (const stop of this.stops.values()) stop.abort();
    await this.last;
  }

  private acts({ breaks, byHand }: Pick<Scenario, 'breaks' | 'byHand'>) {
    if (breaks.every(this.options.canBreak)) return 'here';
    return byHand ? 'by_hand' : 'nowhere';
  }

  private async perform(scenario: Scenario, run: ScenarioRun, signal: AbortSignal): Promise<void> {
    const { receipts, reach } = this.options;
    run.state = 'running';
    run.startedAt = new Date().toISOString();
    const onChange = () => {
      receipts.write(run);
      for (const listener of this.listeners) listener(run);
    };
    await runScenario(scenario, run, { ...reach, signal, onChange });
    this.stops.delete(run.id);
  }
}

const newRun = ({ name, title }: Scenario): ScenarioRun => ({
  // Short: it is a part of user names and order ids.
  id: randomUUID().slice(0, 13),
  scenario: name,
  title,
  state: 'queued',
  startedAt: new Date().toISOString(),
  endedAt: null,
  steps: [],
  why: null,
  verdict: null,
});

const toldOf = ({ run: _, breaks: __, byHand: ___, ...told }: Scenario) => told;

const summaryOf = ({ steps: _, ...summary }: ScenarioRun): RunSummary => summary;
