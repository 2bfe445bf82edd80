/** The part of a logger that a periodic task uses. */
interface TaskLogger {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * Repeats a task until stopped. Two runs never overlap, and no run starts after `stop()` has
 * returned.
 *
 *   start ──► run ──► pause (everyMs, or until wake) ──► run ──► … ──► stop waits for the last run
 *
 * A run that fails is repeated like any other. The log tells once that the task fails and once that
 * it works again, because a dependency that is down for an hour must not write 3,600 lines.
 */
export class PeriodicTask {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private endPause: () => void = () => undefined;
  private isAwake = false;
  private isFailing = false;

  constructor(
    private readonly options: {
      name: string;
      everyMs: number;
      /** Must end soon after the signal is aborted, because `stop()` waits for it. */
      run: (signal: AbortSignal) => Promise<unknown>;
      logger: TaskLogger;
    },
  ) {}

  start(): void {
    this.running = this.loop();
  }

  /** Ends the pause, so that the task runs now. */
  wake(): void {
    this.isAwake = true;
    this.endPause();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.endPause();
    await this.running;
  }

  private async loop(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      this.isAwake = false;
      await this.runOnce(signal);
      // A wake during the run may announce work that this run did not see. Run again at once.
      if (!signal.aborted && !this.isAwake) await this.pause();
    }
  }

  private async pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.options.everyMs);
      this.endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private async runOnce(signal: AbortSignal): Promise<void> {
    const { name, run, logger } = this.options;
    try {
      await run(signal);
      if (this.isFailing) logger.info({ task: name }, 'a background task works again');
      this.isFailing = false;
    } catch (error) {
      if (!this.isFailing) logger.error({ err: error, task: name }, 'a background task fails');
      this.isFailing = true;
    }
  }
}
