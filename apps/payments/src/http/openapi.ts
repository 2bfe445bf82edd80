import type { OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';
import { checkoutOrderSchema } from '../checkout/order.js';
import {
  anyRequest,
  location,
  problems,
  problemSchema,
  replayed,
  retryAfter,
} from './openapi-problems.js';

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: object) => ({ 'application/json': { schema } });
const noToken = problems('No valid token', 'unauthorized');
const tryAgain = problems(
  'Try again with the same key',
  'overloaded',
  'psp_unavailable',
  'temporarily_unavailable',
);

/** Written by hand around the schemas that check the requests, because it explains when and why. */
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
        // zod expresses all rules of the request except the list of currencies.
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
        description: 'The outcome of the charge is unknown; payments repeats the PSP request',
        headers: { Location: location, 'Retry-After': retryAfter },
        content: json(ref('Payment')),
      },
      ...anyRequest,
      400: problems(
        'Faults in the request',
        'invalid_request',
        'idempotency_key_required',
        'idempotency_key_malformed',
      ),
      401: noToken,
      402: problems('Not paid, and not charged', 'payment_declined', 'payment_failed'),
      409: problems('Another request was first', 'idempotency_in_flight', 'order_already_paid'),
      413: problems('More than 64 kB', 'body_too_large'),
      415: problems('Not application/json', 'unsupported_media_type'),
      422: problems('The key belongs to another body', 'idempotency_key_reused'),
      429: problems('Too many at once', 'rate_limited'),
      503: tryAgain,
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
      ...anyRequest,
      401: noToken,
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
      ...anyRequest,
      401: noToken,
    },
  };
}

function webhook() {
  return {
    summary: 'For the PSP: events signed as Stripe signs them',
    security: [],
    responses: {
      ...anyRequest,
      200: { description: 'Heard' },
      400: problems('Not from the PSP', 'webhook_signature_invalid', 'webhook_malformed'),
    },
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
  additionalProperties: false,
};
