import { neverConnected } from './never-connected.js';

export interface PaymentsClientOptions {
  url: string;
  token: string;
  /** Told before every wait, so that a person sees why nothing happens. */
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
const BACK_OFF_FIRST_MS = 200;
const BACK_OFF_MAX_MS = 8_000;

/**
 * Pays as a good client does: one key for one payment, kept over every retry. Whatever got lost on the way,
 * asking again with the key is safe; a new key would not be. Ends with the first final answer.
 * @throws PaymentsUnreachable when nothing was ever reached.
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

/** 202, 429, 5xx and the 409 of a request still running ask for patience; all else is an answer. */
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

/** Waits as long as asked for, at least an exponential back-off; jitter keeps many clients from coming back as one. */
async function backOff(
  { onRetry, random, wait }: PaymentsClientOptions,
  tries: number,
  why: string,
  askedForMs: number,
): Promise<void> {
  const ownMs = Math.min(BACK_OFF_MAX_MS, BACK_OFF_FIRST_MS * 2 ** (tries - 1));
  const waitMs = Math.round(Math.max(askedForMs, ownMs) * (1 + random() / 4));
  onRetry(why, waitMs);
  await wait(waitMs);
}
