import { hash, timingSafeEqual } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { Logger } from '@effectively-once/platform';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { FaultSwitches } from '../faults.js';
import { Form } from './form.js';
import type { Ledger } from './ledger.js';
import { addLookups } from './lookups.js';
import { createPaymentIntent } from './payment-intent.js';
import type { KeyedRequest, PspRecord } from './psp-record.js';
import { addDisputeClose, disputeCapture } from './reversals/dispute.js';
import type { RefundFate, RefundProgress } from './reversals/refund-progress.js';
import { createRefund } from './reversals/refund.js';
import { invalidRequest, StripeError, invalidApiKey } from './stripe-error.js';
import type { Webhooks } from './webhooks.js';

const BODY_MAX_BYTES = 64 * 1024;
const KEY_MAX_CHARS = 255;
// With Node's default of 5 s, the server could close a pooled connection just when a client sends a
// request. The client would see a reset, which looks like a lost answer.
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
const REQUEST_TIMEOUT_MS = 30_000;
// A process that hangs after a charge does not send its event either. A sweeper finds the charge
// and sends the event long after the timeout of the client.
const STUCK_WEBHOOK_DELAY_MS = 15_000;

export interface PspOptions {
  secretKey: string;
  ledger: Ledger;
  webhooks: Webhooks;
  refundProgress: RefundProgress;
  faults: FaultSwitches;
  logger: Logger;
  now: () => Date;
  newId: (prefix: string) => string;
}

/** The part of Stripe's HTTP API that this system uses. One instance serves every listener. */
export async function createPsp(options: PspOptions): Promise<{ createServer: () => Server }> {
  const { ledger, webhooks, refundProgress, faults, now, newId } = options;
  const api = fastify({ logger: false, bodyLimit: BODY_MAX_BYTES });
  api.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, new Form(body as string)),
  );
  api.addHook('onRequest', async (request) => assertKey(request, options.secretKey));

  // A charge: hang? ─► once per key: decide, journal ─► event ─► hang? ─► answer
  api.post('/v1/payment_intents', async (request, reply) => {
    if (faults.take('psp', 'hang')) return neverAnswer(reply);
    const { form, keyed } = read(request);
    const { record, isReplay } = await ledger.once(keyed, () =>
      createPaymentIntent({
        form,
        idempotencyKey: keyed.idempotencyKey,
        fault: faultOf(faults),
        now: now(),
        newId,
      }),
    );
    const isStuck = record.status === 200 && faults.take('psp', 'charge_then_hang') !== undefined;
    if (!isReplay) {
      webhooks.announce(record, { delayMs: isStuck ? STUCK_WEBHOOK_DELAY_MS : 0 });
      await disputeCapture(record, options);
    }
    return isStuck ? neverAnswer(reply) : answer(reply, record, { isReplay });
  });

  api.post('/v1/refunds', async (request, reply) => {
    const { form, keyed } = read(request);
    const { idempotencyKey } = keyed;
    let fate: RefundFate | undefined;
    const status = () => (fate = refundProgress.fate()).status;
    const { record, isReplay } = await ledger.whileRefunding(
      form.required('payment_intent'),
      async () =>
        await ledger.once(keyed, () =>
          createRefund({ form, ledger, idempotencyKey, status, now: now(), newId }),
        ),
    );
    if (!isReplay) webhooks.announce(record, { delayMs: 0 });
    if (fate) refundProgress.follow(record, fate);
    return answer(reply, record, { isReplay });
  });

  addLookups(api, ledger);
  addDisputeClose(api, options);
  addErrors(api, options);
  await api.ready();
  return {
    createServer: () =>
      createServer(
        { keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
        (request, response) => api.routing(request, response),
      ),
  };
}

function assertKey(request: FastifyRequest, secretKey: string): void {
  const [scheme = '', credentials = ''] = (request.headers.authorization ?? '').split(' ');
  const given =
    scheme.toLowerCase() === 'basic'
      ? Buffer.from(credentials, 'base64').toString().replace(/:$/, '')
      : credentials;
  const digest = (value: string) => hash('sha256', value, 'buffer');
  if (!timingSafeEqual(digest(given), digest(secretKey))) throw invalidApiKey();
}

function read(request: FastifyRequest): { form: Form; keyed: KeyedRequest } {
  const form = request.body instanceof Form ? request.body : new Form('');
  const header = request.headers['idempotency-key'];
  const idempotencyKey = typeof header === 'string' && header !== '' ? header : null;
  if ((idempotencyKey?.length ?? 0) > KEY_MAX_CHARS) {
    throw invalidRequest(`An idempotency key has at most ${KEY_MAX_CHARS} characters.`);
  }
  const endpoint = request.routeOptions.url ?? '';
  return { form, keyed: { idempotencyKey, endpoint, fingerprint: form.fingerprint() } };
}

/** Runs only when the PSP executes a request, so that a replay uses no fault. */
function faultOf(faults: FaultSwitches): 'error_500' | 'decline' | null {
  if (faults.take('psp', 'error_500')) return 'error_500';
  if (faults.take('psp', 'decline')) return 'decline';
  return null;
}

/** Keeps the connection open without an answer, until the client times out. */
function neverAnswer(reply: FastifyReply): FastifyReply {
  return reply.hijack();
}

function answer(reply: FastifyReply, record: PspRecord, { isReplay }: { isReplay: boolean }) {
  if (record.idempotencyKey !== null) reply.header('idempotency-key', record.idempotencyKey);
  if (isReplay) {
    reply.header('idempotent-replayed', 'true').header('original-request', record.requestId);
  }
  return reply.status(record.status).header('request-id', record.requestId).send(record.body);
}

function addErrors(api: FastifyInstance, { logger }: PspOptions): void {
  api.setNotFoundHandler((request, reply) => {
    const message = `Unrecognized request URL (${request.method}: ${request.url.split('?')[0]}).`;
    return reply.status(404).send({ error: { type: 'invalid_request_error', message } });
  });
  api.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    if (error instanceof StripeError) {
      return reply.status(error.status).send({ error: error.error });
    }
    if (error.statusCode !== undefined && error.statusCode < 500) {
      const { message } = error;
      return reply
        .status(error.statusCode)
        .send({ error: { type: 'invalid_request_error', message } });
    }
    logger.error({ err: error }, 'a PSP request failed');
    const message = 'Something failed on our side.';
    return reply.status(500).send({ error: { type: 'api_error', message } });
  });
}
