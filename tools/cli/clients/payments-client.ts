import { exponentialBackoffMs, withJitter } from '@effectively-once/timing';
import { neverConnected } from './never-connected.js';

export interface PaymentsClientOptions {
  url: string;
  token: string;
  /** Called before every wait, so that the user sees why the command waits. */
  onRetry: (why: string, waitMs: number) => void;
  random: () => number;
  wait: (ms: number) => Promise<unknown>;
}

export interface Order {
  orderId: string;
  amountMinor: number;
  currency: string;
  paymentMethod: string;
}

export interface PaymentResponse {
  status: number;
  statusText: string;
  headers: Headers;
  body: string;
}

/** Nothing answers at the address. */
export class PaymentsUnreachable extends Error {
  override readonly name = 'PaymentsUnreachable';
}

const TRIES_MAX = 30;
const REQUEST_TIMEOUT_MS = 30_000;
const BACK_OFF = { firstMs: 200, maxMs: 8_000 };

/**
 * Pays with retries, exponential backoff and jitter. Every retry has the same idempotency key: if
 * an answer is lost, a repeat with the same key is safe, and a new key could charge twice. Returns
 * the first final answer.
 * @throws PaymentsUnreachable if no request reached payments.
 */
export async function pay(
  options: PaymentsClientOptions,
  order: Order,
  idempotencyKey: string,
): Promise<PaymentResponse> {
  let reached = false;
  for (let tries = 1; ; tries += 1) {
    const response = await send(options, order, idempotencyKey).catch((error: unknown) => error);
    if (isResponse(response)) {
      reached = true;
      if (isFinal(response) || tries === TRIES_MAX) return response;
      await backOff(options, tries, describe(response), retryAfterMs(response));
    } else {
      if (!reached && neverConnected(response))
        throw new PaymentsUnreachable(`nothing answers at ${options.url}`, { cause: response });
      if (tries === TRIES_MAX) throw response;
      await backOff(options, tries, 'no answer', 0);
    }
  }
}

async function send(
  { url, token }: PaymentsClientOptions,
  order: Order,
  idempotencyKey: string,
): Promise<PaymentResponse> {
  const response = await fetch(new URL('/v1/payments', url), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': idempotencyKey,
    },
    body: JSON.stringify(order),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  const { status, statusText, headers } = response;
  return { status, statusText, headers, body: await response.text() };
}

const isResponse = (value: unknown): value is PaymentResponse =>
  typeof value === 'object' && value !== null && 'status' in value;

/** The client retries 202, 429, 5xx and the 409 of a request in flight. Other answers are final. */
function isFinal({ status, body }: PaymentResponse): boolean {
  if (status === 409) return !body.includes('/idempotency_in_flight"');
  return status !== 202 && status !== 429 && status < 500;
}

function describe({ status, statusText, body }: PaymentResponse): string {
  const code = /"type":"[^"]*\/([a-z_]+)"/.exec(body)?.[1];
  return `${status} ${code ?? (status === 202 ? 'not known yet' : statusText)}`;
}

function retryAfterMs({ headers }: PaymentResponse): number {
  const header = headers.get('retry-after') ?? '';
  return /^\d{1,4}$/.test(header) ? Number(header) * 1_000 : 0;
}

/**
 * Waits for Retry-After, but at least for the exponential backoff. The jitter spreads the retries
 * of many clients, so that they do not arrive at the same moment.
 */
async function backOff(
  { onRetry, random, wait }: PaymentsClientOptions,
  tries: number,
  why: string,
  askedForMs: number,
): Promise<void> {
  const ownMs = exponentialBackoffMs(tries - 1, BACK_OFF);
  const waitMs = withJitter(Math.max(askedForMs, ownMs), { min: 1, max: 1.25 }, random);
  onRetry(why, waitMs);
  await wait(waitMs);
}
