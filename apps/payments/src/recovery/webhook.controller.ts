import type { Logger } from '@effectively-once/platform';
import { Controller, HttpCode, Inject, Post, Req, type RawBodyRequest } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import Stripe from 'stripe';
import { DataSource } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { LOGGER, PAYMENTS_CONFIG, type PaymentsConfig } from '../config.js';
import { pool } from '../runtime/database.js';
import type { Payment } from '../payment/payment.entity.js';
import { paymentsProblem } from '../http/payments-errors.js';
import { intentResult, Psp } from '../psp/psp.js';
import { Finalizer } from '../payment/finalizer.js';

const STATUS = { captured: 'COMPLETED', declined: 'DECLINED' } as const;

/**
 * The PSP's webhooks may come late, twice, or before its own answer. They use the same finalizer as
 * the request and the completer.
 */
@Controller('v1/psp/webhooks')
export class WebhookController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly psp: Psp,
    private readonly finalizer: Finalizer,
    @Inject(PAYMENTS_CONFIG) private readonly config: PaymentsConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Post()
  @HttpCode(200)
  async receive(@Req() request: RawBodyRequest<FastifyRequest>): Promise<{ received: true }> {
    const event = this.verified(request);
    if (event.type === 'payment_intent.succeeded' || event.type === 'payment_intent.payment_failed')
      await this.finalize(event.data.object);
    return { received: true };
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

  private async finalize(intent: Stripe.PaymentIntent): Promise<void> {
    const paymentId = intent.metadata['paymentId'];
    const result = intentResult(intent);
    if (!paymentId || !isUuid(paymentId) || result.outcome === 'unknown') return;
    if (result.outcome === 'captured') {
      const { pspReference } = result;
      if (await this.finalizer.hasCompletedHere({ paymentId, pspReference })) return;
    }
    const known = await this.known(paymentId);
    if (!known) {
      this.logger.error({ paymentId, pspReference: intent.id }, 'a webhook for an unknown payment');
      return;
    }
    // Another process was faster, or this one before its restart, and the PSP said the same.
    if (known.pspReference === intent.id && known.status === STATUS[result.outcome]) return;
    await this.finalizer.finalize(await this.finalizer.payment(paymentId), result);
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
