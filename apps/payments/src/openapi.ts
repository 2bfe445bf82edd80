import { PROBLEM_TYPE_BASE } from '@effectively-once/platform';
import type { OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';
import { checkoutOrderSchema } from './checkout-order.js';
import { PAYMENTS_ERRORS, paymentsProblem, type PaymentsErrorCode } from './payments-errors.js';

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: object) => ({ 'application/json': { schema } });
const text = (description: string) => ({ description, schema: { type: 'string' as const } });
const replayed = text('true when the answer was stored earlier');
const location = text('the payment');
const retryAfter = text('seconds to wait before asking again');

/** Written by hand around the schemas that check the requests, so that it can say when and why. */
export function openApi(): OpenAPIObject {
  return {
    openapi: '3.1.0',
    info: {
      title: 'payments',
      version: '1.0.0',
      description: 'Pays an order exactly once, however often the request is repeated.',
    },
    security: [{ bearer: [] }],
    paths: {
      '/v1/payments': { post: pay(), get: listOfOrder() },
      '/v1/payments/{id}': { get: one() },
      '/v1/psp/webhooks': { post: webhook() },
    },
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: {
        // zod leaves out nothing of the request's rules but the list of currencies.
        Order: z.toJSONSchema(checkoutOrderSchema, { io: 'input' }) as object,
        Payment: paymentSchema,
        Problem: problemSchema,
      },
    },
  };
}

function pay() {
  return {
    summary: 'Pay an order',
    parameters: [
      {
        name: 'Idempotency-Key',
        in: 'header' as const,
        required: true,
        description:
          'One new key per payment you mean to make; the same key for every retry of it. Bare or ' +
          'quoted. Kept for at least 24 hours.',
        schema: { type: 'string' as const, pattern: '^[A-Za-z0-9_.:-]{1,255}$' },
      },
    ],
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: ref('Order'),
          example: {
            orderId: 'order-1',
            amountMinor: 1299,
            currency: 'EUR',
            paymentMethod: 'pm_card_visa',
            receiptEmail: 'alice@example.com',
          },
        },
      },
    },
    responses: {
      201: {
        description: 'Paid, now or by an earlier request with this key',
        headers: { Location: location, 'Idempotent-Replayed': replayed },
        content: json(ref('Payment')),
      },
      202: {
        description: 'Nobody knows yet whether the card was charged; it is being found out',
        headers: { Location: location, 'Retry-After': retryAfter },
        content: json(ref('Payment')),
      },
      401: problems('No valid token'),
      413: problems('More than 64 kB'),
      415: problems('Not application/json'),
      400: problems(
        'Faults in the request',
        'invalid_request',
        'idempotency_key_required',
        'idempotency_key_malformed',
      ),
      402: problems('Not paid, and not charged', 'payment_declined', 'payment_failed'),
      409: problems('Somebody was first', 'idempotency_in_flight', 'order_already_paid'),
      422: problems('The key belongs to another body', 'idempotency_key_reused'),
      429: problems('Too many at once', 'rate_limited'),
      503: problems('Try again with the same key', 'psp_unavailable', 'temporarily_unavailable'),
    },
  };
}

function one() {
  const schema = { type: 'string' as const, format: 'uuid' };
  return {
    summary: 'One of your payments',
    parameters: [{ name: 'id', in: 'path' as const, required: true, schema }],
    responses: {
      200: { description: 'The payment as it is now', content: json(ref('Payment')) },
      401: problems('No valid token'),
      404: problems('Not there, or not yours', 'payment_not_found'),
    },
  };
}

function listOfOrder() {
  const schema = { type: 'string' as const };
  const items = { type: 'array', items: ref('Payment') };
  return {
    summary: 'Your payments of one order, oldest first',
    parameters: [{ name: 'orderId', in: 'query' as const, required: true, schema }],
    responses: {
      200: {
        description: 'At most one of them is live',
        content: json({ type: 'object', required: ['items'], properties: { items } }),
      },
      400: problems('No order named', 'invalid_request'),
      401: problems('No valid token'),
    },
  };
}

function webhook() {
  return {
    summary: 'For the PSP: events signed as Stripe signs them',
    security: [],
    responses: {
      200: { description: 'Heard' },
      400: problems('Not from the PSP', 'webhook_signature_invalid'),
    },
  };
}

function problems(description: string, ...codes: PaymentsErrorCode[]) {
  const examples = Object.fromEntries(
    codes.map((code) => [code, { value: paymentsProblem(code).body() }]),
  );
  const retried = codes.some((code) => 'retryAfterS' in PAYMENTS_ERRORS[code]);
  return {
    description,
    ...(retried ? { headers: { 'Retry-After': retryAfter } } : {}),
    content: { 'application/problem+json': { schema: ref('Problem'), examples } },
  };
}

const paymentSchema = {
  type: 'object' as const,
  required: ['id', 'orderId', 'userId', 'status', 'amountMinor', 'currency', 'createdAt'],
  properties: {
    id: { type: 'string' as const, format: 'uuid' },
    orderId: { type: 'string' as const },
    userId: { type: 'string' as const },
    status: {
      type: 'string' as const,
      enum: ['PENDING', 'COMPLETED', 'DECLINED', 'UNKNOWN', 'FAILED'],
    },
    amountMinor: { type: 'integer' as const, description: "in the currency's minor unit" },
    currency: { type: 'string' as const },
    pspReference: { type: ['string', 'null'] as unknown as 'string' },
    createdAt: { type: 'string' as const, format: 'date-time' },
    completedAt: { type: ['string', 'null'] as unknown as 'string', format: 'date-time' },
  },
};

const problemSchema = {
  type: 'object' as const,
  description: 'Problem details (RFC 9457)',
  required: ['type', 'title', 'status', 'detail'],
  properties: {
    type: { type: 'string' as const, description: `${PROBLEM_TYPE_BASE}<code>` },
    title: { type: 'string' as const },
    status: { type: 'integer' as const },
    detail: { type: 'string' as const },
    errors: {
      type: 'array' as const,
      items: {
        type: 'object' as const,
        properties: {
          pointer: { type: 'string' as const, description: 'JSON pointer (RFC 6901)' },
          detail: { type: 'string' as const },
        },
      },
    },
  },
};
