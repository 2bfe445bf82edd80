/** What a client reads from an answer of payments to decide what it does next. */
export interface ReadAnswer {
  /** `pay` is the POST. `look` is the GET of the payment that `Location` names. */
  kind: 'pay' | 'look';
  status: number;
  /** The problem's code, which ends its `type`; null if the answer is no problem. */
  code: string | null;
  /** The `status` member of a payment; null if the answer is no payment. */
  paymentStatus: string | null;
  retryAfter: string | null;
  location: string | null;
}

export type NextStep =
  | { next: 'done' }
  | { next: 'repeat'; afterMs: number }
  | { next: 'look'; path: string; afterMs: number }
  | { next: 'stop'; why: string };

/** A client that never stops is an attack. The key stays stored, so the visitor can go on later. */
export const ATTEMPTS_MAX = 60;
const RETRY_DEFAULT_MS = 1_000;
const RETRY_LONGEST_MS = 30_000;

/**
 * What a careful client does after an answer. It repeats with the same key until the answer is
 * final: whatever happened to the attempts before, the key is charged at most once.
 *
 *   409 in flight, 429, 5xx ──► repeat the POST after Retry-After
 *   202 UNKNOWN ──► GET Location until the payment is final ──► repeat the POST: the stored answer
 *   all others ──► final
 */
export function nextStep(answer: ReadAnswer, attempts: number): NextStep {
  const step = answer.kind === 'pay' ? afterPaying(answer) : afterLooking(answer);
  if (step.next === 'done' || attempts < ATTEMPTS_MAX) return step;
  return { next: 'stop', why: `No final answer after ${attempts} attempts. The key is kept.` };
}

/** There was no answer at all: a cut connection, or a server that is down. */
export function afterNoAnswer(attempts: number): NextStep {
  if (attempts >= ATTEMPTS_MAX) return { next: 'stop', why: 'Payments does not answer.' };
  return { next: 'repeat', afterMs: Math.min(RETRY_LONGEST_MS, 500 * 2 ** Math.min(6, attempts)) };
}

/** Final: the same key will get this answer again. */
export const isFinal = (answer: ReadAnswer): boolean =>
  answer.kind === 'pay' && afterPaying(answer).next === 'done';

function afterPaying(answer: ReadAnswer): NextStep {
  const afterMs = retryAfterMs(answer.retryAfter);
  const { status, code, location } = answer;
  if (status === 202 && location !== null) return { next: 'look', path: location, afterMs };
  const isInFlight = status === 409 && code === 'idempotency_in_flight';
  if (isInFlight || status === 202 || status === 429 || status >= 500) {
    return { next: 'repeat', afterMs };
  }
  return { next: 'done' };
}

function afterLooking(answer: ReadAnswer): NextStep {
  const isOpen = answer.paymentStatus === 'PENDING' || answer.paymentStatus === 'UNKNOWN';
  // Whatever the look says, the POST with the same key answers with the current truth.
  if (answer.status !== 200 || !isOpen || answer.location === null) {
    return { next: 'repeat', afterMs: answer.status === 200 ? 0 : RETRY_DEFAULT_MS };
  }
  return { next: 'look', path: answer.location, afterMs: retryAfterMs(answer.retryAfter) };
}

/** `Retry-After` in seconds (RFC 9110, section 10.2.3). Negative and unreadable ones are 1 s. */
function retryAfterMs(header: string | null): number {
  const seconds = header === null ? NaN : Number(header);
  if (!Number.isFinite(seconds) || seconds < 0) return RETRY_DEFAULT_MS;
  return Math.min(RETRY_LONGEST_MS, seconds * 1_000);
}
