import 'reflect-metadata';
import { Body, Controller, Get, Headers, HttpCode, Module, Post } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { InjectDataSource, InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import Stripe from 'stripe';
import type { DataSource, Repository } from 'typeorm';
import { callerOf } from '../../checkout/caller-of.js';
import type { PipelineEvent } from '../receipt.js';
import { OutboxMessage, PaymentEntity } from './entities.js';
import { database, TOPIC } from './settings.js';

/*
 * The payments service that tutorials teach: the payment by `save`, one charge with the SDK of the
 * PSP, then one transaction that completes the payment and saves an outbox message. It is written
 * as they write it, and not slower on purpose: Fastify instead of Express, no check of the token,
 * and the address of the receipt in the event, so that no consumer asks for it. It has no
 * idempotency key, as they have none.
 *
 * @see https://docs.nestjs.com/techniques/database (TypeORM, transactions)
 * @see https://docs.nestjs.com/microservices/kafka (the transport)
 * @see https://dev.to/wallacefreitas/outbox-pattern-with-kafka-and-nestjs-ensuring-reliable-event-driven-systems-2f5k
 * @see https://snippets.ltd/blog/transactional-outbox-pattern-in-nestjs
 * @see https://globalart.js.org/packages/nestjs-typeorm-outbox (a relay as a cron job)
 */

interface PaymentDto {
  orderId: string;
  amountMinor: number;
  currency: string;
  paymentMethod: string;
}

const psp = new URL(String(process.env['PSP_URL']));
const stripe = new Stripe(String(process.env['PSP_SECRET_KEY']), {
  host: psp.hostname,
  port: psp.port,
  protocol: 'http',
});

@Injectable()
class PaymentsService {
  constructor(
    @InjectRepository(PaymentEntity) private readonly payments: Repository<PaymentEntity>,
    @InjectDataSource() private readonly dataSource: DataSource,
  ) {}

  async pay(dto: PaymentDto, userId: string, email: string): Promise<PaymentEntity> {
    const payment = await this.payments.save(
      this.payments.create({
        user_id: userId,
        order_id: dto.orderId,
        amount_minor: dto.amountMinor,
        currency: dto.currency,
      }),
    );
    const intent = await stripe.paymentIntents.create({
      amount: dto.amountMinor,
      currency: dto.currency.toLowerCase(),
      payment_method: dto.paymentMethod,
      confirm: true,
      metadata: { paymentId: payment.id },
    });
    return await this.dataSource.transaction(async (manager) => {
      payment.status = 'COMPLETED';
      payment.psp_reference = intent.id;
      payment.completed_at = new Date();
      await manager.save(payment);
      const event: PipelineEvent & { email: string } = {
        paymentId: payment.id,
        orderId: dto.orderId,
        userId,
        email,
        amountMinor: dto.amountMinor,
        currency: dto.currency,
        completedAt: payment.completed_at.toISOString(),
      };
      await manager.save(
        manager.create(OutboxMessage, { topic: TOPIC, key: userId, payload: event }),
      );
      return payment;
    });
  }
}

@Controller()
class PaymentsController {
  constructor(private readonly service: PaymentsService) {}

  @Post('v1/payments')
  async create(
    @Body() dto: PaymentDto,
    @Headers('authorization') authorization: string,
  ): Promise<{ id: string; status: string }> {
    const { userId, email } = callerOf({ authorization });
    const { id, status } = await this.service.pay(dto, userId, email);
    return { id, status };
  }

  /** The PSP also sends every result as a webhook. The payment has it already. */
  @Post('v1/psp/webhooks')
  @HttpCode(200)
  webhook(): object {
    return {};
  }

  @Get('health/ready')
  ready(): object {
    return {};
  }
}

@Module({
  imports: [
    TypeOrmModule.forRoot(database([PaymentEntity, OutboxMessage])),
    TypeOrmModule.forFeature([PaymentEntity, OutboxMessage]),
  ],
  controllers: [PaymentsController],
  providers: [PaymentsService],
})
class PaymentsModule {}

const app = await NestFactory.create(PaymentsModule, new FastifyAdapter(), {
  logger: ['error', 'warn'],
});
app.enableShutdownHooks();
await app.listen(Number(process.env['PAYMENTS_PORT']), '127.0.0.1');
// If the parent is gone, no SIGTERM will come.
process.once('disconnect', () => process.exit(1));
