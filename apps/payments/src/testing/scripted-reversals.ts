interface Answer {
  status: number;
  body: object;
}

export interface ScriptedRefund {
  id: string;
  capture: string;
  key: string;
  status: string;
}

/** Stripe's refunds and disputes for one test. A test changes their states. */
export class ScriptedReversals {
  /** `failed` answers with a 500; `lost` refunds and then answers with a 500. */
  refunding: 'works' | 'failed' | 'lost' = 'works';
  /** The status of a new refund. */
  firstStatus = 'succeeded';
  /** Keys and captures of all refund requests, repeats included. */
  readonly attempts: { key: string; capture: string }[] = [];
  /** Oldest first. */
  readonly refunds: ScriptedRefund[] = [];
  /** Dispute id → its status and its capture. */
  readonly disputes = new Map<string, { status: string; payment_intent: string }>();
  /** Capture → payment id. */
  readonly payments = new Map<string, string>();

  isRefunded(capture: string): boolean {
    return this.refunds.some((refund) => refund.capture === capture && isLive(refund));
  }

  /** @returns undefined for requests about anything else. */
  answer(method: string, url: URL, key: string, form: URLSearchParams): Answer | undefined {
    const [, , collection, id] = url.pathname.split('/');
    if (collection === 'refunds' && method === 'GET')
      return this.list(url.searchParams.get('payment_intent'));
    if (collection === 'refunds') return this.create(key, form.get('payment_intent') ?? '');
    if (collection === 'disputes') {
      const dispute = this.disputes.get(id ?? '');
      return dispute ? ok({ id, ...dispute }) : refusal(404, 'resource_missing');
    }
    if (collection === 'payment_intents' && method === 'GET' && id !== 'search')
      return ok({ id, metadata: { paymentId: this.payments.get(id ?? '') } });
    return undefined;
  }

  private list(capture: string | null): Answer {
    const data = this.refunds.filter((refund) => refund.capture === capture).reverse();
    return ok({ object: 'list', has_more: false, data: data.map(toStripe) });
  }

  private create(key: string, capture: string): Answer {
    this.attempts.push({ key, capture });
    if (this.refunding === 'failed') return broken;
    const replayed = this.refunds.find((refund) => refund.key === key);
    if (replayed && replayed.capture !== capture) return refusal(400, 'idempotency_key_in_use');
    // A repeated key gets the first answer, whatever has become of the refund.
    if (replayed) return ok({ ...toStripe(replayed), status: this.firstStatus });
    if (this.isRefunded(capture)) return refusal(400, 'charge_already_refunded');
    const id = `re_${this.refunds.length + 1}`;
    const refund = { id, capture, key, status: this.firstStatus };
    this.refunds.push(refund);
    return this.refunding === 'lost' ? broken : ok(toStripe(refund));
  }
}

const isLive = ({ status }: ScriptedRefund) => status !== 'failed' && status !== 'canceled';
const ok = (body: object): Answer => ({ status: 200, body });
const broken: Answer = { status: 500, body: { error: { type: 'api_error' } } };
const refusal = (status: number, code: string): Answer => ({
  status,
  body: { error: { type: 'invalid_request_error', code } },
});
const toStripe = ({ id, status, capture }: ScriptedRefund) => ({
  id,
  object: 'refund',
  status,
  payment_intent: capture,
});
