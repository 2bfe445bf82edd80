import { TimeoutError, withTimeout } from '@effectively-once/timing';
import Stripe from 'stripe';

/** A refund that the PSP has accepted. */
export interface PspRefund {
  id: string;
  /** `gone`: failed or canceled. The money came back to us, and another refund is possible. */
  status: 'pending' | 'requires_action' | 'succeeded' | 'gone';
}

export type RefundRequest = PspRefund | 'already_refunded' | 'failed';

export interface PspDispute {
  status: string;
  pspReference: string | undefined;
  /** From the metadata of its payment intent. */
  paymentId: string | undefined;
}

const REFUNDS_MAX = 100;

/** The PSP's API for money that goes back: refunds and disputes. One call is one attempt. */
export class PspReversals {
  constructor(
    private readonly stripe: Stripe,
    private readonly options: { timeoutMs: number },
  ) {}

  /** All refunds of a capture, newest first. */
  async refundsOf(pspReference: string): Promise<PspRefund[] | 'unknown'> {
    return await this.inTime(async () => {
      const { data } = await this.stripe.refunds.list({
        payment_intent: pspReference,
        limit: REFUNDS_MAX,
      });
      return data.map(toRefund);
    }, 'unknown');
  }

  /**
   * Refunds what is left of a capture. Stripe never refunds more than it captured, whatever the
   * key: it counts pending and succeeded refunds, and answers `already_refunded`.
   */
  async refund(capture: { pspReference: string; key: string }): Promise<RefundRequest> {
    const { pspReference, key } = capture;
    return await this.inTime<PspRefund, 'already_refunded' | 'failed'>(
      async () =>
        toRefund(
          await this.stripe.refunds.create(
            { payment_intent: pspReference },
            { idempotencyKey: key },
          ),
        ),
      'failed',
      (error) => (error.code === 'charge_already_refunded' ? 'already_refunded' : 'failed'),
    );
  }

  async dispute(id: string): Promise<PspDispute | 'unknown'> {
    return await this.inTime(async () => {
      const { status, payment_intent: intent } = await this.stripe.disputes.retrieve(id);
      const pspReference = typeof intent === 'string' ? intent : intent?.id;
      if (!pspReference) return { status, pspReference, paymentId: undefined };
      const { metadata } = await this.stripe.paymentIntents.retrieve(pspReference);
      return { status, pspReference, paymentId: metadata['paymentId'] };
    }, 'unknown');
  }

  /** The SDK's timeout starts again with every byte. This one is a limit for the whole call. */
  private async inTime<Result, Otherwise extends string>(
    call: () => Promise<Result>,
    otherwise: Otherwise,
    refused: (error: Stripe.errors.StripeError) => Otherwise = () => otherwise,
  ): Promise<Result | Otherwise> {
    try {
      return await withTimeout(call(), this.options.timeoutMs);
    } catch (error) {
      if (error instanceof TimeoutError) return otherwise;
      if (error instanceof Stripe.errors.StripeError) return refused(error);
      throw error;
    }
  }
}

export function toRefund({ id, status }: Pick<Stripe.Refund, 'id' | 'status'>): PspRefund {
  if (status === 'failed' || status === 'canceled') return { id, status: 'gone' };
  if (status === 'succeeded' || status === 'requires_action') return { id, status };
  // Also a state that Stripe adds one day. An operator hears of it if it stays.
  return { id, status: 'pending' };
}
