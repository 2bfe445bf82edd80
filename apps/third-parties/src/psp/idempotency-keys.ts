import { keyInUse, keyReused } from './stripe-error.js';
import type { KeyedRequest, PspRecord } from './psp-record.js';

/** Stripe may forget a key after this time. */
export const KEY_KEPT_MS = 24 * 3_600_000;

/**
 * The idempotency keys of the PSP (https://docs.stripe.com/api/idempotent_requests). For 24 hours,
 * every request with a key gets the first answer to that key, also a 500 or a decline.
 */
export class IdempotencyKeys {
  private readonly inUse = new Map<string, KeyedRequest>();
  // Oldest first: a Map keeps the order of insertion, and records arrive in the order of time.
  private readonly answered = new Map<string, PspRecord>();

  constructor(private readonly now: () => Date) {}

  /**
   * Returns the stored answer, or null. After null, the caller owns the key until it calls
   * `release`.
   * @throws StripeError 409 while another request owns the key, 400 if another request has used it.
   */
  claim(request: KeyedRequest): PspRecord | null {
    const key = request.idempotencyKey;
    if (key === null) return null;
    this.forgetOld();
    const answered = this.answered.get(key);
    const first = answered ?? this.inUse.get(key);
    if (first && !isSameRequest(first, request)) throw keyReused(key);
    if (answered) return answered;
    if (first) throw keyInUse(key);
    this.inUse.set(key, request);
    return null;
  }

  release({ idempotencyKey }: KeyedRequest): void {
    if (idempotencyKey !== null) this.inUse.delete(idempotencyKey);
  }

  remember(record: PspRecord): void {
    if (record.idempotencyKey === null) return;
    // A client may use a forgotten key again. A Map moves a key to its end only if it is deleted
    // first.
    this.answered.delete(record.idempotencyKey);
    this.answered.set(record.idempotencyKey, record);
  }

  private forgetOld(): void {
    const oldestKept = this.now().getTime() - KEY_KEPT_MS;
    for (const [key, { at }] of this.answered) {
      if (Date.parse(at) > oldestKept) return;
      this.answered.delete(key);
    }
  }
}

function isSameRequest(a: KeyedRequest, b: KeyedRequest): boolean {
  return a.endpoint === b.endpoint && a.fingerprint === b.fingerprint;
}
