import { usableLocale } from '@effectively-once/contracts';
import { faultsOf, isServiceToken, unauthorized } from '@effectively-once/platform';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { z } from 'zod';
import { PAYMENTS_CONFIG, type PaymentsConfig } from '../config.js';
import { pool } from '../runtime/database.js';
import { invalidRequest, paymentsProblem } from '../http/payments-errors.js';

const IDS_MAX = 100;
const recipientsQuery = z.strictObject({ ids: z.array(z.string()).min(1).max(IDS_MAX) });

interface Recipient {
  userId: string;
  receiptEmail: string;
  locale: string;
}

/** The receipts' addresses. No other route returns one, and these only to our own services. */
@Controller('internal')
export class RecipientController {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(PAYMENTS_CONFIG) private readonly config: PaymentsConfig,
  ) {}

  @Get('payments/:id/recipient')
  async recipient(@Req() request: FastifyRequest, @Param('id') id: string): Promise<Recipient> {
    this.assertOurService(request);
    const recipient = (await this.find([id])).get(id.toLowerCase());
    if (!recipient) throw paymentsProblem('payment_not_found');
    return recipient;
  }

  /** One result per id, in the same order. Null: no such payment. POST, because ids are many. */
  @Post('recipients')
  @HttpCode(200)
  async recipients(
    @Req() request: FastifyRequest,
    @Body() body: unknown,
  ): Promise<{ results: { id: string; recipient: Recipient | null }[] }> {
    this.assertOurService(request);
    const parsed = recipientsQuery.safeParse(body);
    if (!parsed.success) throw invalidRequest(faultsOf(parsed.error));
    const { ids } = parsed.data;
    const found = await this.find(ids);
    return { results: ids.map((id) => ({ id, recipient: found.get(id.toLowerCase()) ?? null })) };
  }

  private assertOurService(request: FastifyRequest): void {
    if (!isServiceToken(request, this.config.SERVICE_TOKEN)) throw unauthorized();
  }

  /** By payment id in lower case. A text that is no UUID is the id of no payment. */
  private async find(ids: string[]): Promise<Map<string, Recipient>> {
    const { rows } = await pool(this.dataSource).query<Recipient & { id: string }>({
      name: 'recipients',
      text: `SELECT p.id, p.user_id AS "userId", r.receipt_email AS "receiptEmail",
          coalesce(c.locale, 'en') AS locale
        FROM payments.payments p
        JOIN payments.recipients r ON r.payment_id = p.id
        LEFT JOIN payments.customers c ON c.user_id = p.user_id
        WHERE p.id = ANY($1::uuid[])`,
      values: [ids.filter((id) => isUuid(id))],
    });
    return new Map(
      rows.map(({ id, ...found }) => [id, { ...found, locale: usableLocale(found.locale) }]),
    );
  }
}
