import { ManagedProcess, type Exit } from './managed-process.js';
import type { ProcessDefinition } from './process-definition.js';
import type { StackFolder } from '../stack-folder.js';
import {
  claimState,
  identify,
  removeState,
  writeState,
  type SupervisorState,
} from '../supervision/state.js';
import { runSteps, type Step, type StepEvent } from '../progress/steps.js';

/** Owns every process of one stack, and its state file. */
export class Supervisor {
  private readonly processes = new Map<string, ManagedProcess>();
  private readonly self = identify(process.pid);
  private phase: SupervisorState['supervisor']['phase'] = 'starting';
  private steps: Step[] = [];

  /** @throws Error if another supervisor owns the folder. */
  constructor(
    private readonly folder: StackFolder,
    private readonly ports: SupervisorState['ports'],
    private readonly onExit: (exit: Exit) => void,
  ) {
    if (!claimState(folder.stateFile, this.state())) {
      throw new Error(`another start is running in ${folder.path}`);
    }
  }

  /** Starts the processes and the steps between them, then restarts each process that ends. */
  async start(
    definitions: readonly ProcessDefinition[],
    between: readonly Step[],
    options: { signal: AbortSignal; onEvent: (event: StepEvent) => void },
  ): Promise<void> {
    this.steps = [...definitions.map((definition) => this.startOf(definition)), ...between];
    await runSteps(this.steps, options);
    this.phase = 'running';
    this.write();
  }

  /** Stops each process after those that depend on it, so that no consumer loses its broker. */
  async stop(onEvent: (event: StepEvent) => void): Promise<void> {
    this.phase = 'stopping';
    this.write();
    const up = new Set<string>();
    for (const [name, { record }] of this.processes) if (record.run) up.add(name);
    const reversed = this.steps.map(({ name }) => ({
      name,
      after: this.steps.filter(({ after }) => after.includes(name)).map((step) => step.name),
      run: async () => this.processes.get(name)?.stop(),
    }));
    await runSteps(reversed, {
      signal: new AbortController().signal,
      onEvent: (event) => {
        if (up.has(event.step)) onEvent(event);
      },
    });
    removeState(this.folder.stateFile);
  }

  /** Kills everything at once. */
  kill(): void {
    for (const managed of this.processes.values()) managed.kill();
  }

  /**
   * The app of this name, to stop it and start it again.
   * @throws Error that names the apps, if there is none of this name; and while the stack starts or
   * stops.
   */
  app(name: string): ManagedProcess {
    return this.find(name, ['app']);
  }

  /** The same for an app or a server. */
  any(name: string): ManagedProcess {
    return this.find(name, ['app', 'server']);
  }

  private find(name: string, kinds: readonly string[]): ManagedProcess {
    if (this.phase !== 'running') throw new Error(`the stack is ${this.phase}`);
    const those = [...this.processes.values()].filter(({ definition }) =>
      kinds.includes(definition.kind),
    );
    const found = those.find(({ definition }) => definition.name === name);
    if (found) return found;
    const names = those.map(({ definition }) => definition.name).join(', ');
    throw new Error(
      kinds.includes('server')
        ? `there is no process ${name}; the processes are: ${names}`
        : `there is no app ${name}; the apps are: ${names}`,
    );
  }

  private startOf(definition: ProcessDefinition): Step {
    const managed = new ManagedProcess(definition, {
      logFolder: this.folder.logs,
      onChange: () => this.write(),
      onExit: this.onExit,
    });
    return {
      name: definition.name,
      after: definition.after,
      run: async (signal) => {
        this.processes.set(definition.name, managed);
        await managed.start(signal);
      },
    };
  }

  private write(): void {
    writeState(this.folder.stateFile, this.state());
  }

  private state(): SupervisorState {
    return {
      supervisor: { ...this.self, phase: this.phase },
      ports: this.ports,
      processes: [...this.processes.values()].map(({ record }) => record),
    };
  }
}
