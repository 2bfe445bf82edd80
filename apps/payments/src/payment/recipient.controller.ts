import { isServiceToken, unauthorized } from '@effectively-once/platform';
import { Controller, Get, Inject, Param, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { PAYMENTS_CONFIG, type PaymentsConfig } from '../config.js';
import { pool } from '../runtime/database.js';
import { paymentsProblem } from '../http/payments-errors.js';

interface Recipient {
  userId: string;
  receiptEmail: string;
  locale: string;
}

/** The receipt's address. No other route returns one, and this one only to our own services. */
@Controller('internal/payments')
export class RecipientController {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(PAYMENTS_CONFIG) private readonly config: PaymentsConfig,
  ) {}

  @Get(':id/recipient')
  async recipient(@Req() request: FastifyRequest, @Param('id') id: string): Promise<Recipient> {
    if (!isServiceToken(request, this.config.SERVICE_TOKEN)) throw unauthorized();
    const recipient = isUuid(id) ? await this.find(id) : undefined;
    if (!recipient) throw paymentsProblem('payment_not_found');
    return recipient;
  }

  private async find(paymentId: string): Promise<Recipient | undefined> {
    const { rows } = await pool(this.dataSource).query<Recipient>({
      name: 'recipient',
      text: `SELECT p.user_id AS "userId", r.receipt_email AS "receiptEmail",
          coalesce(c.locale, 'en') AS locale
        FROM payments.payments p
        JOIN payments.recipients r ON r.payment_id = p.id
        LEFT JOIN payments.customers c ON c.user_id = p.user_id
        WHERE p.id = $1`,
      values: [paymentId],
    });
    return rows[0];
  }
}
