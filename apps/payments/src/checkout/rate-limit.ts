import { paymentsProblem } from '../http/payments-errors.js';

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

// The least recently used bucket is deleted first. A deleted bucket counts as full.
const BUCKETS_MAX = 100_000;

/**
 * A token bucket per user, in this process. The usual rate limiters count in fixed windows; at the
 * edge of two windows a user can send twice as much.
 */
export class RateLimit {
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly options: { perS: number; burst: number; nowMs: () => number }) {}

  /** @throws Problem `rate_limited`, with the seconds until there is a token again. */
  take(userId: string): void {
    const { perS, burst } = this.options;
    const nowMs = this.options.nowMs();
    const bucket = this.buckets.get(userId) ?? { tokens: burst, filledAtMs: nowMs };
    const elapsedS = Math.max(0, nowMs - bucket.filledAtMs) / 1000;
    const tokens = Math.min(burst, bucket.tokens + elapsedS * perS);
    const allowed = tokens >= 1;
    this.remember(userId, { tokens: allowed ? tokens - 1 : tokens, filledAtMs: nowMs });
    if (!allowed) {
      throw paymentsProblem('rate_limited', { retryAfterS: Math.ceil((1 - tokens) / perS) });
    }
  }

  private remember(userId: string, bucket: Bucket): void {
    // Deleting first moves the user to the end of the Map's order.
    this.buckets.delete(userId);
    this.buckets.set(userId, bucket);
    if (this.buckets.size <= BUCKETS_MAX) return;
    const oldest = this.buckets.keys().next();
    if (!oldest.done) this.buckets.delete(oldest.value);
  }
}
