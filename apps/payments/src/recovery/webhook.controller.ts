import type { Logger } from '@effectively-once/platform';
import { Controller, HttpCode, Inject, Post, Req, type RawBodyRequest } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type Stripe from 'stripe';
import { DataSource } from 'typeorm';
import { LOGGER, PAYMENTS_CONFIG, type PaymentsConfig } from '../config.js';
import { pool } from '../runtime/database.js';
import type { Payment } from '../payment/payment.entity.js';
import { paymentsProblem } from '../http/payments-errors.js';
import { intentResult, Psp } from '../psp/psp.js';
import { Finalizer } from '../payment/finalizer.js';
import { pspWebhooks } from '../runtime/metrics.js';
import { Disputes } from './disputes.js';
import { isPspEvent, PspEvents } from './psp-events.js';
import { lookUpNow } from './refunds.sql.js';
import { subjectOf } from './webhook-subject.js';

const STATUS = { captured: 'COMPLETED', declined: 'DECLINED' } as const;

/**
 * The PSP's webhooks may come late, twice, in any order, or before its own answer. A charge uses
 * the same finalizer as the request and the completer. About refunds and disputes, a webhook only
 * says that it is time to look. What payments cannot use is kept for a person. If the database is
 * away, the answer is an error, and the PSP sends the event again.
 */
@Controller('v1/psp/webhooks')
export class WebhookController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly psp: Psp,
    private readonly finalizer: Finalizer,
    private readonly disputes: Disputes,
    private readonly events: PspEvents,
    @Inject(PAYMENTS_CONFIG) private readonly config: PaymentsConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Post()
  @HttpCode(200)
  async receive(@Req() request: RawBodyRequest<FastifyRequest>): Promise<{ received: true }> {
    const event = this.verified(request);
    if (!isPspEvent(event)) throw paymentsProblem('webhook_malformed');
    if (await this.handled(event)) pspWebhooks.inc({ outcome: 'handled' });
    else if (await this.events.keep(event)) pspWebhooks.inc({ outcome: 'unknown' });
    return { received: true };
  }

  /** @returns false if payments has no use for the event. */
  private async handled(event: Stripe.Event): Promise<boolean> {
    const subject = subjectOf(event);
    switch (subject.about) {
      case 'charge':
        return await this.finalize(subject.paymentId, subject.intent);
      case 'refund':
        return await lookUpNow(pool(this.dataSource), subject.pspReference);
      case 'dispute':
        await this.disputes.announced(subject.dispute);
        return true;
      case 'nothing':
        return true;
      case 'unknown':
        return false;
      default:
        return subject satisfies never;
    }
  }

  private verified(request: RawBodyRequest<FastifyRequest>): Stripe.Event {
    try {
      return this.psp.webhookEvent({
        body: request.rawBody ?? Buffer.alloc(0),
        signature: String(request.headers['stripe-signature'] ?? ''),
        secret: this.config.PSP_WEBHOOK_SECRET,
      });
    } catch (error) {
      throw paymentsProblem('webhook_signature_invalid', { cause: error });
    }
  }

  private async finalize(paymentId: string, intent: Stripe.PaymentIntent): Promise<boolean> {
    const result = intentResult(intent);
    // An event of an intent that is not final: the next one tells.
    if (result.outcome === 'unknown') return true;
    if (result.outcome === 'captured') {
      const { pspReference } = result;
      if (await this.finalizer.hasCompletedHere({ paymentId, pspReference })) return true;
    }
    const known = await this.known(paymentId);
    if (!known) {
      this.logger.error({ paymentId, pspReference: intent.id }, 'a webhook for an unknown payment');
      return false;
    }
    // Another process was faster, or this one before its restart, and the PSP said the same.
    if (known.pspReference === intent.id && known.status === STATUS[result.outcome]) return true;
    await this.finalizer.finalize(await this.finalizer.payment(paymentId), result);
    return true;
  }

  private async known(
    paymentId: string,
  ): Promise<Pick<Payment, 'status' | 'pspReference'> | undefined> {
    const { rows } = await pool(this.dataSource).query<Pick<Payment, 'status' | 'pspReference'>>({
      name: 'known_payment',
      text: `SELECT status, psp_reference AS "pspReference" FROM payments.payments WHERE id = $1`,
      values: [paymentId],
    });
    return rows[0];
  }
}
