import type { PayBody } from './basket.js';

/**
 * A payment without its final answer. Only its key can find out what became of it, so the key
 * outlives the tab. It holds no address and no token, and it is deleted with the final answer.
 */
export interface UnfinishedPayment {
  idempotencyKey: string;
  customer: string;
  body: PayBody;
  /** Milliseconds since 1970. */
  sentAtMs: number;
}

const STORED = 'unfinished-payments';
const KEPT_MAX = 10;
/** Payments keeps a key for 24 hours. An older one would pay anew. */
const KEPT_MS = 23 * 3_600_000;

type Storage = Pick<globalThis.Storage, 'getItem' | 'setItem'>;

/** Newest first. What cannot be read is left out. */
export function unfinishedPayments(storage: Storage, nowMs: number): UnfinishedPayment[] {
  let stored: unknown;
  try {
    stored = JSON.parse(storage.getItem(STORED) ?? '[]');
  } catch {
    // Another version of this page, or a curious visitor, has written it.
    return [];
  }
  const all: unknown[] = Array.isArray(stored) ? stored : [];
  return all.filter(isUnfinished).filter(({ sentAtMs }) => nowMs - sentAtMs < KEPT_MS);
}

export function keepUnfinished(storage: Storage, payment: UnfinishedPayment): void {
  const { idempotencyKey, sentAtMs } = payment;
  const others = without(unfinishedPayments(storage, sentAtMs), idempotencyKey);
  storage.setItem(STORED, JSON.stringify([payment, ...others].slice(0, KEPT_MAX)));
}

export function forgetUnfinished(storage: Storage, idempotencyKey: string, nowMs: number): void {
  const left = without(unfinishedPayments(storage, nowMs), idempotencyKey);
  storage.setItem(STORED, JSON.stringify(left));
}

const without = (all: UnfinishedPayment[], key: string) =>
  all.filter(({ idempotencyKey }) => idempotencyKey !== key);

function isUnfinished(value: unknown): value is UnfinishedPayment {
  if (typeof value !== 'object' || value === null) return false;
  const { idempotencyKey, customer, body, sentAtMs } = value as Record<string, unknown>;
  return (
    typeof idempotencyKey === 'string' &&
    typeof customer === 'string' &&
    typeof sentAtMs === 'number' &&
    typeof body === 'object' &&
    body !== null &&
    typeof (body as PayBody).orderId === 'string' &&
    typeof (body as PayBody).amountMinor === 'number'
  );
}
