import { LRUCache } from 'lru-cache';
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
  private readonly buckets = new LRUCache<string, Bucket>({ max: BUCKETS_MAX });

  constructor(private readonly options: { perS: number; burst: number; nowMs: () => number }) {}

  /** @throws Problem `rate_limited`, with the seconds until there is a token again. */
  take(userId: string): void {
    const { perS, burst } = this.options;
    const nowMs = this.options.nowMs();
    const bucket = this.buckets.get(userId) ?? { tokens: burst, filledAtMs: nowMs };
    const elapsedS = Math.max(0, nowMs - bucket.filledAtMs) / 1000;
    const tokens = Math.min(burst, bucket.tokens + elapsedS * perS);
    const allowed = tokens >= 1;
    this.buckets.set(userId, { tokens: allowed ? tokens - 1 : tokens, filledAtMs: nowMs });
    if (!allowed) {
      throw paymentsProblem('rate_limited', { retryAfterS: Math.ceil((1 - tokens) / perS) });
    }
  }
}
