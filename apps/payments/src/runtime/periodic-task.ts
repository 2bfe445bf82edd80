import type { Logger } from '@effectively-once/platform';

/**
 * Repeats a task until stopped: never two runs at once, never a run after `stop()` has returned.
 * A failed run is logged and tried again after the pause.
 */
export class Background {
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: {
      name: string;
      everyMs: number;
      /** Ends soon once the signal is aborted: stopping waits for it. */
      run: (signal: AbortSignal) => Promise<unknown>;
      logger: Logger;
    },
  ) {}

  start(): void {
    this.running = this.once().finally(() => {
      const { aborted } = this.stopping.signal;
      if (!aborted) this.timer = setTimeout(() => this.start(), this.options.everyMs);
    });
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await this.running;
  }

  private async once(): Promise<void> {
    try {
      await this.options.run(this.stopping.signal);
    } catch (error) {
      this.options.logger.error(
        { err: error, task: this.options.name },
        'a background task failed',
      );
    }
  }
}
