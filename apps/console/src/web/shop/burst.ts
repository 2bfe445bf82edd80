/** Limits of a burst: payments takes 50/s per user, and the page holds no more than this open. */
export const BURST_LIMITS = { perSecond: 100, seconds: 60, open: 300 } as const;

/** What a burst has brought so far. */
export interface BurstResult {
  planned: number;
  sent: number;
  /** Held back, because too many requests were open. */
  skipped: number;
  /** HTTP status, or `no answer` → how many. */
  answers: Record<string, number>;
  medianMs: number | null;
  p95Ms: number | null;
  longestMs: number | null;
}

/** Collects answers and their durations. Keeps at most 6,000 numbers. */
export class BurstMeter {
  private readonly durationsMs: number[] = [];
  private readonly answers: Record<string, number> = {};
  private sent = 0;
  private skipped = 0;

  constructor(private readonly planned: number) {}

  send(): void {
    this.sent += 1;
  }

  skip(): void {
    this.skipped += 1;
  }

  answer(status: string, durationMs: number): void {
    this.answers[status] = (this.answers[status] ?? 0) + 1;
    this.durationsMs.push(durationMs);
  }

  get open(): number {
    return this.sent - this.durationsMs.length;
  }

  result(): BurstResult {
    const sorted = [...this.durationsMs].sort((one, other) => one - other);
    // The nearest rank: the smallest value that at least this part of all does not exceed.
    const at = (part: number) => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? null;
    return {
      planned: this.planned,
      sent: this.sent,
      skipped: this.skipped,
      answers: { ...this.answers },
      medianMs: at(0.5),
      p95Ms: at(0.95),
      longestMs: at(1),
    };
  }
}

/** How many payments are due after this time: an even stream, not one heap per second. */
export const dueAfter = (elapsedMs: number, perSecond: number, planned: number): number =>
  Math.min(planned, Math.floor((elapsedMs / 1_000) * perSecond) + 1);
