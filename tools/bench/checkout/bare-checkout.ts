import { randomUUID } from 'node:crypto';
import { Agent, createServer, request, type IncomingMessage } from 'node:http';
import { claim } from '@effectively-once/payments/claim';
import { finalize } from '@effectively-once/payments/finalize';
import pg from 'pg';
import { callerOf } from './caller-of.js';

/**
 * The minimum of a checkout: the two SQL statements and one call to the PSP, on node:http. It has
 * no check of the token, validation, replay, metrics, log or framework. It runs as its own process
 * on the port of payments, so that the PSP's webhooks reach it too. It also answers the address of
 * a receipt, which email asks for.
 *
 * It is only the baseline of the benchmarks. It is not a checkout: a client that retries is charged
 * twice.
 */

// The same pool size as payments.
const POOL_MAX = 10;

const environment = process.env as Record<string, string>;
const { PAYMENTS_PORT, PAYMENTS_DATABASE_URL, PSP_URL, PSP_SECRET_KEY } = environment;
const pool = new pg.Pool({ connectionString: PAYMENTS_DATABASE_URL, max: POOL_MAX });
const agent = new Agent({ keepAlive: true });
const pspUrl = new URL('/v1/payment_intents', PSP_URL);

interface Order {
  orderId: string;
  amountMinor: number;
  currency: string;
  paymentMethod: string;
}

const server = createServer((incoming, response) => {
  const answer = (status: number, body: string) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  };
  respond(incoming).then(
    (body) => answer(incoming.url === '/v1/payments' ? 201 : 200, body),
    (error: unknown) => answer(500, String(error)),
  );
});
server.listen(Number(PAYMENTS_PORT), '127.0.0.1');

const RECIPIENT = /^\/internal\/payments\/(.*)\/recipient$/;

async function respond(incoming: IncomingMessage): Promise<string> {
  if (incoming.method === 'POST') return await checkout(incoming);
  const [, paymentId] = RECIPIENT.exec(incoming.url ?? '') ?? [];
  return paymentId === undefined ? '{}' : await recipient(paymentId);
}

async function recipient(paymentId: string): Promise<string> {
  const { rows } = await pool.query<object>({
    name: 'recipient',
    text: `SELECT receipt_email AS "receiptEmail" FROM payments.recipients WHERE payment_id = $1`,
    values: [paymentId],
  });
  return JSON.stringify(rows[0]);
}

async function checkout(incoming: IncomingMessage): Promise<string> {
  const body = await textOf(incoming);
  if (incoming.url !== '/v1/payments') return '{}';
  const order = JSON.parse(body) as Order;
  const { userId, email } = callerOf(incoming.headers);
  const payment = { ...order, paymentId: randomUUID(), userId, createdAt: new Date() };
  await claim(pool, {
    ...payment,
    method: 'POST',
    route: '/v1/payments',
    idempotencyKey: String(incoming.headers['idempotency-key']),
    fingerprint: 'bare',
    receiptEmail: email,
    tokenEmail: undefined,
    traceparent: '00-bare',
    leaseToken: randomUUID(),
    leaseMs: 12_000,
  });
  const { id } = JSON.parse(await charge(payment)) as { id: string };
  const completedAt = new Date();
  const answer = JSON.stringify({ id: payment.paymentId, ...order, status: 'COMPLETED' });
  const { paymentId, orderId, amountMinor, currency } = payment;
  const event = {
    paymentId,
    orderId,
    userId,
    amountMinor,
    currency,
    completedAt,
    paymentVersion: 2,
  };
  await finalize(pool, {
    paymentId,
    version: 1,
    status: 'COMPLETED',
    pspReference: id,
    failureCode: null,
    responseStatus: 201,
    responseBody: answer,
    event: {
      eventId: randomUUID(),
      specversion: '1.0',
      topic: 'payment.completed',
      partitionKey: userId,
      eventType: 'payment.completed',
      occurredAt: completedAt,
      dataSchema: 'bare',
      traceparent: '00-bare',
      payload: JSON.stringify(event),
    },
  });
  return answer;
}

async function charge(payment: Order & { paymentId: string }): Promise<string> {
  const form = new URLSearchParams({
    amount: String(payment.amountMinor),
    currency: payment.currency.toLowerCase(),
    payment_method: payment.paymentMethod,
    confirm: 'true',
    'metadata[paymentId]': payment.paymentId,
  });
  const headers = {
    authorization: `Bearer ${PSP_SECRET_KEY}`,
    'content-type': 'application/x-www-form-urlencoded',
    'idempotency-key': payment.paymentId,
  };
  return await new Promise((resolve, reject) => {
    request(pspUrl, { method: 'POST', agent, headers }, (incoming) => {
      void textOf(incoming).then(resolve, reject);
    })
      .once('error', reject)
      .end(form.toString());
  });
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  incoming.setEncoding('utf8');
  let text = '';
  for await (const chunk of incoming) text += String(chunk);
  return text;
}
