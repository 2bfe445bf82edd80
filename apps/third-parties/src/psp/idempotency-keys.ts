import { keyInUse, keyReused } from './stripe-error.js';
import type { KeyedRequest, PspRecord } from './psp-record.js';

/** As Stripe: a key may be forgotten once it is this old. */
export const KEY_KEPT_MS = 24 * 3_600_000;

/**
 * The PSP's memory of keys (https://docs.stripe.com/api/idempotent_requests): the first answer to a
 * key is its answer, 500s and declines included, for 24 hours.
 */
export class IdempotencyKeys {
  private readonly inUse = new Map<string, KeyedRequest>();
  // In order of age, because a Map keeps the order of insertion and records arrive in time's order.
  private readonly answered = new Map<string, PspRecord>();

  constructor(private readonly now: () => Date) {}

  /**
   * The stored answer, or null: then the key is the caller's until it calls `release`.
   * @throws StripeError 409 while another request has the key, 400 if it was used for anything else.
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
    // A forgotten key may come again; it then is the youngest, which only a fresh insertion says.
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
