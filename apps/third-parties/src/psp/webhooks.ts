import { createHmac } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { urlToHttpOptions } from 'node:url';
import type { Logger } from '@effectively-once/platform';
import pLimit from 'p-limit';
import type { FaultSwitches } from '../faults.js';
import type { PspRecord } from './psp-record.js';

const RETRY_WAITS_MS = [1_000, 4_000, 16_000, 64_000];
const TIMEOUT_MS = 10_000;
const CONNECTIONS_MAX = 16;
const PENDING_MAX = 10_000;

export interface WebhookOptions {
  url: string;
  secret: string;
  faults: FaultSwitches;
  logger: Logger;
  now: () => Date;
  newId: (prefix: string) => string;
}

/**
 * Sends events to payments, at least once and in no order. Unsent events are only in memory: after
 * a crash of the PSP, payments has to look up the outcome itself.
 */
export class Webhooks {
  private readonly limit = pLimit(CONNECTIONS_MAX);
  private readonly closing = new AbortController();
  private readonly connect: (headers: http.OutgoingHttpHeaders) => http.ClientRequest;
  private readonly agent: http.Agent;
  private pending = 0;

  constructor(private readonly options: WebhookOptions) {
    const url = new URL(options.url);
    const { Agent, request } = url.protocol === 'https:' ? https : http;
    this.agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });
    const endpoint = { ...urlToHttpOptions(url), method: 'POST', agent: this.agent };
    this.connect = (headers) => request({ ...endpoint, headers });
    // Each waiting webhook adds one listener.
    setMaxListeners(PENDING_MAX, this.closing.signal);
  }

  announce(record: PspRecord, { delayMs }: { delayMs: number }): void {
    const { faults } = this.options;
    for (const event of this.toEvents(record)) {
      const late = faults.take('psp', 'late_webhook');
      const copies = faults.take('psp', 'double_webhook') ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        void this.deliver(event, late?.delayMs ?? delayMs);
      }
    }
  }

  close(): void {
    this.closing.abort();
    this.agent.destroy();
  }

  private async deliver(event: Event, delayMs: number): Promise<void> {
    const { logger } = this.options;
    const about = { eventId: event.id, type: event.type };
    if (this.pending >= PENDING_MAX) {
      logger.warn(about, 'too many webhooks wait; this one is dropped');
      return;
    }
    this.pending++;
    try {
      for (const waitMs of [delayMs, ...RETRY_WAITS_MS]) {
        await this.wait(waitMs);
        if (await this.limit(async () => await this.post(event))) return;
      }
      logger.warn(about, 'a webhook is dropped after its last retry');
    } catch (error) {
      if (!this.closing.signal.aborted) logger.error({ err: error, ...about }, 'a webhook failed');
    } finally {
      this.pending--;
    }
  }

  /** Without a delay, the event still leaves after the PSP's answer, which is written meanwhile. */
  private async wait(ms: number): Promise<void> {
    if (ms === 0) await setImmediate();
    else await sleep(ms, undefined, { signal: this.closing.signal, ref: false });
    this.closing.signal.throwIfAborted();
  }

  /**
   * node:http and not fetch: with fetch, webhooks took a third of this process' time, and a process
   * that stands for an external system must not take it from what is measured.
   *
   * @returns false if the endpoint refuses, or if the connection is refused, reset or too slow.
   */
  private async post(event: Event): Promise<boolean> {
    const body = JSON.stringify(event);
    const request = this.connect({
      'content-type': 'application/json; charset=utf-8',
      'stripe-signature': sign(body, this.options.secret, this.options.now()),
    });
    return await new Promise<boolean>((resolve) => {
      const timeout = setTimeout(() => request.destroy(), TIMEOUT_MS).unref();
      let response: http.IncomingMessage | undefined;
      request.on('response', (answer) => {
        response = answer;
        answer.resume();
      });
      // Before 'close', which comes in every case.
      request.on('error', () => undefined);
      request.on('close', () => {
        clearTimeout(timeout);
        const { statusCode = 0, complete = false } = response ?? {};
        resolve(complete && statusCode >= 200 && statusCode < 300);
      });
      request.end(body);
    });
  }

  private toEvents(record: PspRecord) {
    const { requestId, idempotencyKey } = record;
    const object = 'error' in record.body ? record.body.error.payment_intent : record.body;
    if (!object) return [];
    return typesOf(record).map((type) => ({
      id: this.options.newId('evt'),
      object: 'event' as const,
      created: Math.floor(this.options.now().getTime() / 1000),
      data: { object },
      livemode: false,
      request: { id: requestId, idempotency_key: idempotencyKey },
      type,
    }));
  }
}

/** Stripe announces a change of a refund under a new and an old name; a failure under a third. */
function typesOf({ body, endpoint }: PspRecord): string[] {
  if ('error' in body) return ['payment_intent.payment_failed'];
  switch (body.object) {
    case 'payment_intent':
      return ['payment_intent.succeeded'];
    case 'refund': {
      if (endpoint !== 'refund.updated') return ['refund.created'];
      const failed = body.status === 'failed' ? ['refund.failed'] : [];
      return ['refund.updated', 'charge.refund.updated', ...failed];
    }
    case 'dispute':
      return [body.status === 'lost' ? 'charge.dispute.closed' : 'charge.dispute.created'];
    default:
      return body satisfies never;
  }
}

type Event = ReturnType<Webhooks['toEvents']>[number];

/**
 * The signature includes the time, so each retry needs a new one
 * (https://docs.stripe.com/webhooks).
 */
function sign(body: string, secret: string, now: Date): string {
  const t = Math.floor(now.getTime() / 1000);
  const v1 = createHmac('sha256', secret).update(`${t}.${body}`).digest('hex');
  return `t=${t},v1=${v1}`;
}
