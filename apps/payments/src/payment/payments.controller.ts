import { ORDER_ID } from '@effectively-once/contracts';
import { AuthenticatedCaller, CallerGuard, type Caller } from '@effectively-once/platform';
import { Controller, Get, Param, Query, UseGuards } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { Payment, paymentView } from './payment.entity.js';
import { invalidRequest, paymentsProblem } from '../http/payments-errors.js';

// An order has at most one live payment, and any number of declined ones.
const PER_ORDER_MAX = 100;

/** A customer's own payments. Those of other customers are a 404. */
@Controller('v1/payments')
@UseGuards(CallerGuard)
export class PaymentsController {
  constructor(private readonly dataSource: DataSource) {}

  @Get(':id')
  async one(@AuthenticatedCaller() { userId }: Caller, @Param('id') id: string) {
    if (!isUuid(id)) throw paymentsProblem('payment_not_found');
    const [payment] = await this.find({ id, userId });
    if (!payment) throw paymentsProblem('payment_not_found');
    return paymentView(payment);
  }

  @Get()
  async ofOrder(@AuthenticatedCaller() { userId }: Caller, @Query('orderId') orderId?: unknown) {
    if (typeof orderId !== 'string' || !ORDER_ID.test(orderId))
      throw invalidRequest([{ pointer: '/orderId', detail: 'name one order: ?orderId=…' }]);
    const payments = await this.find({ userId, orderId });
    return { items: payments.map(paymentView) };
  }

  private async find(where: { userId: string; id?: string; orderId?: string }): Promise<Payment[]> {
    return await this.dataSource
      .getRepository(Payment)
      .find({ where, order: { createdAt: 'ASC', id: 'ASC' }, take: PER_ORDER_MAX });
  }
}
