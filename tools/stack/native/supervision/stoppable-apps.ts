import type { ManagedProcess } from '../processes/managed-process.js';

/**
 * Stops single apps of a running stack for a while. Each stop has a deadline. If the command that
 * asked for it dies, the supervisor starts the app again by then, so no consumer stays away.
 */
export class StoppableApps {
  private readonly deadlines = new Map<string, NodeJS.Timeout>();
  /** The last stop or start of each app. One runs at a time. */
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(
    /** @throws Error if there is no such app. */
    private readonly find: (name: string) => Pick<ManagedProcess, 'stop' | 'startAgain'>,
    private readonly onNote: (note: string) => void,
  ) {}

  /**
   * Resolves when the app has ended.
   * @throws Error if there is no such app, or if another command has stopped it.
   */
  async stop(name: string, startAgainAfterMs: number): Promise<void> {
    const app = this.find(name);
    if (this.deadlines.has(name)) throw new Error(another(name));
    // The deadline first: from now on the app runs again, whatever happens to the command.
    const deadline = setTimeout(() => void this.startAtDeadline(name), startAgainAfterMs);
    this.deadlines.set(name, deadline);
    await this.inTurn(name, () => app.stop());
  }

  /**
   * Resolves when the app is healthy; at once if no command has stopped it.
   * @throws Error if it does not become healthy in time. It still runs then.
   */
  async start(name: string): Promise<void> {
    const app = this.find(name);
    const deadline = this.deadlines.get(name);
    if (!deadline) return void (await this.turns.get(name));
    clearTimeout(deadline);
    this.deadlines.delete(name);
    await this.inTurn(name, () => app.startAgain());
  }

  /** The stack stops: cancels every deadline. */
  close(): void {
    for (const deadline of this.deadlines.values()) clearTimeout(deadline);
    this.deadlines.clear();
  }

  private async startAtDeadline(name: string): Promise<void> {
    this.onNote(`${name} was stopped by a command that did not start it again; starting it`);
    await this.start(name).catch((error: Error) => this.onNote(error.message));
  }

  private async inTurn(name: string, run: () => Promise<void>): Promise<void> {
    const turn = (this.turns.get(name) ?? Promise.resolve()).then(run);
    // A failed one must not fail the next.
    this.turns.set(
      name,
      turn.catch(() => undefined),
    );
    await turn;
  }
}

const another = (name: string) =>
  `another command has stopped ${name}; it is started again by that command or at its deadline`;
