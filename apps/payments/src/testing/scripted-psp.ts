import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ScriptedReversals } from './scripted-reversals.js';

/** What the PSP does with the next new key. `charge_then_…` captures before it misbehaves. */
export type Behaviour =
  | 'pay'
  | 'decline'
  | 'error_500_stored'
  | 'hang'
  | 'reset'
  | 'charge_then_hang'
  | 'charge_then_reset'
  | 'charge_then_reset_and_close'
  | 'charge_then_error_500_stored'
  | 'charge_then_answer_when_told'
  /** The request is on the network. The PSP gets it at `arrive()`. */
  | 'arrive_late'
  | { status: number; type: string; code?: string };

interface Stored {
  status: number;
  body: object;
}

const KEY_KEPT_MS = 24 * 3_600_000;

interface Call {
  key: string;
  form: URLSearchParams;
}

/** Stripe's payment intents for one test: idempotent by key, with failures from a script. */
export class ScriptedPsp {
  /** One per attempt without a stored answer. After the last one it pays. */
  readonly script: Behaviour[] = [];
  /** Charges with this payment method get a 500 for ever, and nothing is stored. */
  readonly stuckMethod = 'pm_stuck';
  /** The keys of all attempts, repeats included. */
  readonly attempts: string[] = [];
  /** `charge_then_answer_when_told` waits for it. */
  told: Promise<void> = Promise.resolve();
  /** Stripe's search is up to a minute behind. */
  searchSees = true;
  searchLagMs = 0;
  /** Its own clock, for the expiry of keys and the lag of the search. */
  nowMs: () => number = Date.now;
  readonly reversals = new ScriptedReversals();
  readonly captures: { id: string; paymentId: string; amount: number; currency: string }[] = [];
  private readonly stored = new Map<string, Stored & { atMs: number }>();
  private readonly intents = new Map<string, { intent: object; atMs: number }>();
  private readonly underWay: Call[] = [];
  private server: Server | undefined;
  private port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async open(): Promise<void> {
    if (this.server) return;
    const server = createServer((request, response) => void this.answer(request, response));
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** Refuses connections until it is opened again, on the same port. */
  async close(): Promise<void> {
    const { server } = this;
    if (!server) return;
    this.server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '', this.url);
    if (url.pathname.endsWith('/search')) return this.search(url, response);
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    const key = String(request.headers['idempotency-key']);
    const reversal = this.reversals.answer(request.method ?? '', url, key, form);
    if (reversal) return send(response, reversal);
    this.attempts.push(key);
    if (form.get('payment_method') === this.stuckMethod)
      return send(response, failure(500, { type: 'api_error' }));
    const stored = this.remembered(key);
    if (stored) return send(response, stored, { 'idempotent-replayed': 'true' });
    await this.behave(this.script.shift() ?? 'pay', { key, form, response });
  }

  /** Requests on the network arrive. Their clients do not wait for the answers any more. */
  arrive(): void {
    for (const call of this.underWay.splice(0)) {
      if (!this.remembered(call.key)) this.capture(call);
    }
  }

  private remembered(key: string): Stored | undefined {
    const stored = this.stored.get(key);
    return stored && this.nowMs() - stored.atMs < KEY_KEPT_MS ? stored : undefined;
  }

  private async behave(
    behaviour: Behaviour,
    call: Call & { response: ServerResponse },
  ): Promise<void> {
    const { key, response } = call;
    switch (behaviour) {
      case 'pay':
        return send(response, this.capture(call));
      case 'decline':
        return send(response, this.keep(key, this.declined(call)));
      case 'error_500_stored':
        return send(response, this.keep(key, failure(500, { type: 'api_error' })));
      case 'hang':
        return;
      case 'arrive_late':
        return void this.underWay.push(call);
      case 'reset':
        return void response.destroy();
      case 'charge_then_hang':
        return void this.capture(call);
      case 'charge_then_reset':
        this.capture(call);
        return void response.destroy();
      case 'charge_then_reset_and_close':
        this.capture(call);
        return await this.close();
      case 'charge_then_answer_when_told': {
        const answer = this.capture(call);
        await this.told;
        return send(response, answer);
      }
      case 'charge_then_error_500_stored':
        this.capture(call);
        return send(response, this.keep(key, failure(500, { type: 'api_error' })));
      default:
        return send(response, failure(behaviour.status, behaviour));
    }
  }

  private capture({ key, form }: Call): Stored {
    const intent = this.intent(form, 'succeeded');
    const { id, amount, currency } = intent;
    this.captures.push({ id, amount, currency, paymentId: intent.metadata.paymentId });
    return this.keep(key, { status: 200, body: intent });
  }

  private declined({ form }: { form: URLSearchParams }): Stored {
    const refusal = { type: 'card_error', code: 'card_declined', decline_code: 'do_not_honor' };
    const intent = { ...this.intent(form, 'requires_payment_method'), last_payment_error: refusal };
    this.keepIntent(intent.metadata.paymentId, intent);
    return failure(402, { ...refusal, payment_intent: intent });
  }

  private intent(form: URLSearchParams, status: string) {
    const paymentId = form.get('metadata[paymentId]') ?? '';
    const intent = {
      id: `pi_${randomUUID().replaceAll('-', '')}`,
      object: 'payment_intent',
      status,
      amount: Number(form.get('amount')),
      currency: form.get('currency') ?? '',
      metadata: { paymentId },
      last_payment_error: null as object | null,
    };
    this.keepIntent(paymentId, intent);
    return intent;
  }

  private keepIntent(paymentId: string, intent: object): void {
    this.intents.set(paymentId, { intent, atMs: this.nowMs() });
  }

  private keep(key: string, answer: Stored): Stored {
    this.stored.set(key, { ...answer, atMs: this.nowMs() });
    return answer;
  }

  private search(url: URL, response: ServerResponse): void {
    const paymentId = /'([^']*)'$/.exec(url.searchParams.get('query') ?? '')?.[1] ?? '';
    const kept = this.searchSees ? this.intents.get(paymentId) : undefined;
    const intent = kept && this.nowMs() - kept.atMs >= this.searchLagMs ? kept.intent : undefined;
    send(response, {
      status: 200,
      body: { object: 'search_result', data: intent ? [intent] : [], has_more: false },
    });
  }
}

const failure = (status: number, error: object): Stored => ({ status, body: { error } });

function send(response: ServerResponse, { status, body }: Stored, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
