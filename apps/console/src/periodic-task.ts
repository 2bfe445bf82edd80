import type { Logger } from '@effectively-once/platform';

/**
 * Repeats a task until stopped: never two runs at once, never a run after `stop()` has returned. `wake`
 * has it run again at once. A task that fails is repeated like any other; that it fails, and that it works
 * again, is logged once each: what is down for an hour must not write 3,600 lines.
 */
export class Repeat {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private endPause: () => void = () => undefined;
  private isAwake = false;
  private isFailing = false;

  constructor(
    private readonly options: {
      task: string;
      everyMs: number;
      run: (signal: AbortSignal) => Promise<void>;
      logger: Logger;
    },
  ) {}

  start(): void {
    this.running = this.loop();
  }

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
      await this.once(signal);
      // Woken while it ran: what it was woken for may have come too late for that run.
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

  private async once(signal: AbortSignal): Promise<void> {
    const { task, run, logger } = this.options;
    try {
      await run(signal);
      if (this.isFailing) logger.info({ task }, 'a background task works again');
      this.isFailing = false;
    } catch (error) {
      if (!this.isFailing) logger.error({ err: error, task }, 'a background task fails');
      this.isFailing = true;
    }
  }
}
