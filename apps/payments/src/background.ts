import type { Logger } from '@effectively-once/platform';

/**
 * Repeats a task until stopped: never two runs at once, never a run after `stop()` has returned.
 * A failed run is logged and tried again after the pause.
 */
export class Background {
  private stopped = false;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: {
      name: string;
      everyMs: number;
      run: () => Promise<unknown>;
      logger: Logger;
    },
  ) {}

  start(): void {
    this.running = this.once().finally(() => {
      if (!this.stopped) this.timer = setTimeout(() => this.start(), this.options.everyMs);
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private async once(): Promise<void> {
    try {
      await this.options.run();
    } catch (error) {
      this.options.logger.error(
        { err: error, task: this.options.name },
        'a background task failed',
      );
    }
  }
}
