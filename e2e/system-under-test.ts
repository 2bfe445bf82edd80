import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { auditWhenQuiet, sourcesOf, type AuditReport } from '@effectively-once/audit';
import { mintToken } from '@effectively-once/platform';
import { testAddresses, waitUntil } from '@effectively-once/testing';

/**
 * The whole system as its users see it: over HTTP, and through the journals of the external
 * systems.
 */

interface Addresses {
  PAYMENTS_URL: string;
  THIRD_PARTIES_URL: string;
  AUTH_JWT_SECRET: string;
  AUDITOR_PAYMENTS_URL: string;
  AUDITOR_LOYALTY_URL: string;
  AUDITOR_CONSOLE_URL: string;
  REDIS_URL: string;
  ELASTICSEARCH_URL: string;
  PSP_URL: string;
  PSP_SECRET_KEY: string;
  SMTP_URL: string;
  EMAIL_PORT: string;
  LOYALTY_PORT: string;
  SEARCH_PORT: string;
  CONSOLE_PORT: string;
}

export const at = testAddresses() as ReturnType<typeof testAddresses> & Addresses;

export const consoleUrl = `http://127.0.0.1:${at.CONSOLE_PORT}`;

const TOKEN_TTL_S = 3_600;
const QUIET_WITHIN_MS = 90_000;

export interface Answer {
  status: number;
  headers: Headers;
  /** The body as received, byte for byte. */
  text: string;
  json: Record<string, unknown>;
}

export interface Checkout {
  userId: string;
  key?: string;
  email?: string;
  /** Of another payments process than the stack's. */
  url?: string;
  body?: Partial<Record<'orderId' | 'amountMinor' | 'currency' | 'paymentMethod', unknown>>;
}

export const newId = (prefix: string) => `${prefix}-${randomUUID()}`;

/** One `POST /v1/payments` without retries: the tests assert on the first answer. */
export async function checkout(options: Checkout): Promise<Answer> {
  return await request('POST', new URL('/v1/payments', options.url ?? at.PAYMENTS_URL), {
    token: await customerToken(options.userId, options.email),
    headers: { 'idempotency-key': options.key ?? newId('key') },
    body: {
      orderId: newId('order'),
      amountMinor: 1299,
      currency: 'EUR',
      paymentMethod: 'pm_card_visa',
      ...options.body,
    },
  });
}

/**
 * Pays once, and returns the payment's id. On a slow machine payments may refuse for now (503): it
 * repeats the request with the same key, as it is told. So it does once if the server has just
 * closed the idle connection that it used. @throws Error with any other answer, or without one.
 */
export async function pay(userId: string): Promise<string> {
  const once = { userId, key: newId('key'), body: { orderId: newId('order') } };
  for (;;) {
    const { status, headers, text, json } = await onOpenConnection(() => checkout(once));
    if (status === 201) return json['id'] as string;
    const retryAfterS = Number(headers.get('retry-after') ?? NaN);
    if (status !== 503 || Number.isNaN(retryAfterS)) {
      throw new Error(`a payment was answered with ${status}: ${text}`);
    }
    await sleep(retryAfterS * 1_000);
  }
}

/**
 * The server ends a connection that was idle for 72 s. A client that is late by a moment uses it
 * once more, and sends again. A process that has crashed refuses the connection of that attempt.
 */
async function onOpenConnection<Result>(send: () => Promise<Result>): Promise<Result> {
  return await send().catch((error: Error) => {
    const code = (error.cause as NodeJS.ErrnoException | undefined)?.code;
    if (code !== 'UND_ERR_SOCKET') throw error;
    return send();
  });
}

export async function get(url: string | URL, token: string): Promise<Answer> {
  return await request('GET', new URL(url), { token });
}

export async function customerToken(userId: string, email?: string): Promise<string> {
  return await mintToken(
    at.AUTH_JWT_SECRET,
    { userId, role: 'customer', email: email ?? `${userId}@example.com` },
    { ttlS: TOKEN_TTL_S },
  );
}

/** Entries of one external system's journal. */
export async function journal(
  name: 'charges' | 'mails' | 'pages',
  filter: Record<string, string> = {},
): Promise<Record<string, unknown>[]> {
  const url = new URL(`/_journal/${name}`, at.THIRD_PARTIES_URL);
  for (const [field, value] of Object.entries(filter)) url.searchParams.set(field, value);
  const response = await fetch(url);
  return ((await response.json()) as { entries: Record<string, unknown>[] }).entries;
}

/** Waits until the mail provider has accepted the receipt of this payment. */
export async function receiptOf(paymentId: string): Promise<void> {
  await waitUntil(`the receipt of ${paymentId}`, async () => {
    return (await journal('mails', { paymentId })).length > 0;
  });
}

/** Injects a fault into an external system while `during` runs. */
export async function withFault<Result>(
  fault: { target: 'psp' | 'smtp' | 'pager'; kind: string; [option: string]: unknown },
  during: () => Promise<Result>,
): Promise<Result> {
  const url = new URL('/_faults', at.THIRD_PARTIES_URL);
  const headers = { 'content-type': 'application/json' };
  const set = await onOpenConnection(() =>
    fetch(url, { method: 'POST', headers, body: JSON.stringify(fault) }),
  );
  if (!set.ok) throw new Error(`the fault was refused: ${await set.text()}`);
  try {
    return await during();
  } finally {
    await onOpenConnection(() => fetch(url, { method: 'DELETE' }));
  }
}

/** The addresses of all stores, for the auditor. */
export const auditSources = sourcesOf({
  ...at,
  EMAIL_URL: `http://127.0.0.1:${at.EMAIL_PORT}`,
  LOYALTY_URL: `http://127.0.0.1:${at.LOYALTY_PORT}`,
  SEARCH_URL: `http://127.0.0.1:${at.SEARCH_PORT}`,
});

/** Audits when the system is quiescent, and judges every payment, however recent. */
export async function auditOfEverything(): Promise<AuditReport> {
  return await auditWhenQuiet({
    sources: auditSources,
    waitMaxMs: QUIET_WITHIN_MS,
  });
}

/** All invariants that the audit finds violated or late. Empty means clean. */
export async function findings(): Promise<unknown[]> {
  const { invariants } = await auditOfEverything();
  return invariants
    .filter(({ status }) => status !== 'ok')
    .map(({ id, violated, late }) => ({ id, violated, late }));
}

/**
 * How many findings each invariant has. For a story on a stack where an earlier one has left
 * records that are not ours: it must add none.
 */
export async function findingCounts(): Promise<Record<string, number>> {
  const { invariants } = await auditOfEverything();
  return Object.fromEntries(
    invariants.map(({ id, violatedCount, lateCount }) => [id, violatedCount + lateCount]),
  );
}

async function request(
  method: string,
  url: URL,
  options: { token: string; headers?: Record<string, string>; body?: unknown },
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${options.token}`,
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  const text = await response.text();
  const json = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  return { status: response.status, headers: response.headers, text, json };
}
