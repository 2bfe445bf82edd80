const TICK_MS = 50;
/** A tick that is later than this waited for other work of the event loop. */
const LATE_MS = 50;
/** A pause of the garbage collector is shorter. */
const LATE_FOR_MS = 250;

/**
 * Whether the event loop has more to do than it can: its ticks have been late for a quarter of a
 * second, without one in between that was not. It ticks only between `start` and `stop`.
 */
export class LoopDelay {
  private timer: NodeJS.Timeout | undefined;
  private dueAtMs = 0;
  private lateSinceMs: number | undefined;

  constructor(private readonly nowMs: () => number) {}

  start(): void {
    if (this.timer) return;
    this.dueAtMs = this.nowMs() + TICK_MS;
    this.timer = setTimeout(() => this.tick(), TICK_MS);
    this.timer.unref();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.lateSinceMs = undefined;
  }

  isLate(): boolean {
    if (!this.timer) return false;
    const nowMs = this.nowMs();
    // The tick that is due now counts too: it may wait behind the caller.
    const sinceMs = this.lateSinceMs ?? this.dueAtMs;
    return nowMs - sinceMs > LATE_FOR_MS;
  }

  private tick(): void {
    const isLate = this.nowMs() - this.dueAtMs > LATE_MS;
    if (isLate) this.lateSinceMs ??= this.dueAtMs;
    else this.lateSinceMs = undefined;
    this.timer = undefined;
    this.start();
  }
}
