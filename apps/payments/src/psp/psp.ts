import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { toPspUnits } from '@effectively-once/contracts';
import { TimeoutError, withTimeout } from '@effectively-once/timing';
import Stripe from 'stripe';
import type { ReachPoint } from '../runtime/failure-points.js';
import { pspRequests } from '../runtime/metrics.js';
import type { Payment } from '../payment/payment.entity.js';
import { neverConnected, oneAttempt } from './psp-http.js';
import { PspReversals } from './psp-reversals.js';

/**
 * The result of one attempt to charge. The other files know no errors of Stripe, only these words.
 */
export type ChargeResult =
  | { outcome: 'captured'; pspReference: string }
  | { outcome: 'declined'; declineCode: string; pspReference: string | null }
  /** The PSP refused the request as invalid and charged nothing. */
  | { outcome: 'invalid'; code: string }
  /** The PSP refused before it looked at the request: 429, 401, 403. */
  | { outcome: 'refused' }
  /** The request surely never left this process. */
  | { outcome: 'not_reached' }
  /**
   * Perhaps charged. A repeated request tells, unless the PSP only replays an error that it stored.
   * `psp_down`: no answer, or an error of its own. `inconclusive`: the PSP works, but its answer
   * does not tell.
   */
  | { outcome: 'unknown'; next: 'repeat' | 'look_up'; because: 'psp_down' | 'inconclusive' };

export type LookUpResult =
  | Extract<ChargeResult, { outcome: 'captured' | 'declined' }>
  | { outcome: 'absent' }
  | { outcome: 'unknown' };

/**
 * The payment service provider. One call is one attempt. The PSP key is the payment id: a second
 * call with the same payment returns what happened the first time (Stripe, "Idempotent requests").
 */
export class Psp {
  readonly reversals: PspReversals;
  private readonly stripe: Stripe;

  constructor(
    private readonly options: {
      url: string;
      secretKey: string;
      timeoutMs: number;
      reach?: ReachPoint;
    },
  ) {
    const { protocol, hostname, port } = new URL(options.url);
    const secure = protocol === 'https:';
    const agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true });
    this.stripe = new Stripe(options.secretKey, {
      host: hostname,
      port: port || (secure ? 443 : 80),
      protocol: secure ? 'https' : 'http',
      maxNetworkRetries: 0,
      timeout: options.timeoutMs,
      telemetry: false,
      httpClient: oneAttempt(agent, options.reach),
    });
    this.reversals = new PspReversals(this.stripe, { timeoutMs: options.timeoutMs });
  }

  async charge(payment: Payment): Promise<ChargeResult> {
    return this.counted(await this.inTime(this.create(payment), noAnswer));
  }

  /** Finds the charge of a payment by our id in its metadata. Never charges. */
  async lookUp(paymentId: string): Promise<LookUpResult> {
    return await this.inTime(this.search(paymentId), { outcome: 'unknown' });
  }

  /** @throws Stripe's signature error, also when the signature is older than five minutes. */
  webhookEvent(options: { body: Buffer; signature: string; secret: string }): Stripe.Event {
    const toleranceS = 300;
    return this.stripe.webhooks.constructEvent(
      options.body,
      options.signature,
      options.secret,
      toleranceS,
    );
  }

  private async create(payment: Payment): Promise<ChargeResult> {
    try {
      const intent = await this.stripe.paymentIntents.create(
        {
          amount: toPspUnits(payment.amountMinor, payment.currency),
          currency: payment.currency.toLowerCase(),
          payment_method: payment.paymentMethod,
          confirm: true,
          automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
          // No customer is there to authenticate (3-D Secure). Without this the intent would wait
          // for it.
          error_on_requires_action: true,
          metadata: { paymentId: payment.id },
        },
        { idempotencyKey: payment.id },
      );
      const result = intentResult(intent);
      return result.outcome === 'unknown' ? inconclusive('repeat') : result;
    } catch (error) {
      if (error instanceof Stripe.errors.StripeError) return errorResult(error);
      throw error;
    }
  }

  private async search(paymentId: string): Promise<LookUpResult> {
    try {
      const found = await this.stripe.paymentIntents.search({
        query: `metadata['paymentId']:'${paymentId}'`,
        limit: 10,
      });
      const results = found.data.map(intentResult);
      return (
        results.find((result) => result.outcome === 'captured') ??
        results.find((result) => result.outcome === 'unknown') ??
        results[0] ?? { outcome: 'absent' }
      );
    } catch (error) {
      if (error instanceof Stripe.errors.StripeError) return { outcome: 'unknown' };
      throw error;
    }
  }

  /** The SDK's timeout starts again with every byte. This one is a limit for the whole call. */
  private async inTime<Result>(call: Promise<Result>, otherwise: Result): Promise<Result> {
    try {
      return await withTimeout(call, this.options.timeoutMs);
    } catch (error) {
      if (error instanceof TimeoutError) return otherwise;
      throw error;
    }
  }

  private counted(result: ChargeResult): ChargeResult {
    pspRequests.inc({ result: result.outcome });
    return result;
  }
}

const noAnswer: ChargeResult = { outcome: 'unknown', next: 'repeat', because: 'psp_down' };
const inconclusive = (next: 'repeat' | 'look_up'): ChargeResult => ({
  outcome: 'unknown',
  next,
  because: 'inconclusive',
});

export function intentResult(
  intent: Stripe.PaymentIntent,
): Extract<LookUpResult, { outcome: 'captured' | 'declined' | 'unknown' }> {
  if (intent.status === 'succeeded') return { outcome: 'captured', pspReference: intent.id };
  const refusal = intent.last_payment_error;
  if (intent.status === 'requires_payment_method' && refusal) {
    const declineCode = refusal.decline_code ?? refusal.code ?? 'unknown';
    return { outcome: 'declined', declineCode, pspReference: intent.id };
  }
  return { outcome: 'unknown' };
}

// The order matters. A card error is the one definite "no", and only a known 4xx releases the key
// or fails the payment. Every other error is unknown, because a wrong "no" here is a second charge.
function errorResult(error: Stripe.errors.StripeError): ChargeResult {
  const { statusCode, rawType } = error;
  if (neverConnected(error)) return { outcome: 'not_reached' };
  if (rawType === 'card_error') {
    const declineCode = error.decline_code ?? error.code ?? 'unknown';
    return { outcome: 'declined', declineCode, pspReference: error.payment_intent?.id ?? null };
  }
  if (statusCode === 429 || statusCode === 401 || statusCode === 403) return { outcome: 'refused' };
  // Another request has the key and may charge at this moment, so a look-up would prove nothing.
  if (statusCode === 409) return inconclusive('repeat');
  if (rawType === 'idempotency_error') return inconclusive('look_up');
  if ((statusCode === 400 || statusCode === 404) && rawType === 'invalid_request_error')
    return { outcome: 'invalid', code: error.code ?? 'invalid_request' };
  // An error that the PSP stored for this key does not tell whether it works now.
  if (error.headers?.['idempotent-replayed'] === 'true') return inconclusive('look_up');
  const isItsOwn = statusCode === undefined || statusCode >= 500;
  return isItsOwn ? noAnswer : inconclusive('repeat');
}
