import 'reflect-metadata';
import { Client as Elasticsearch } from '@elastic/elasticsearch';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, Payload, type MicroserviceOptions } from '@nestjs/microservices';
import { InjectDataSource, TypeOrmModule } from '@nestjs/typeorm';
import { createTransport } from 'nodemailer';
import type { DataSource } from 'typeorm';
import { documentFor, plainReceipt, pointsOf, type PipelineEvent } from '../receipt.js';
import { AccountEntity, PointsEntryEntity } from './entities.js';
import { database, TOPIC, transport } from './settings.js';

/*
 * The three consumers that tutorials teach, each as its own process: Nest's Kafka transport as it
 * is, so one message after the other and automatic commits. No deduplication.
 *
 * node consumers.js email|loyalty|search
 */

type TutorialEvent = PipelineEvent & { email: string };

/** nodemailer without a pool, as in its first example: a connection for each mail. */
@Controller()
class EmailConsumer {
  private readonly smtp = createTransport({
    host: smtpUrl().hostname,
    port: Number(smtpUrl().port),
    secure: false,
  });

  @EventPattern(TOPIC)
  async handle(@Payload() event: TutorialEvent): Promise<void> {
    await this.smtp.sendMail(plainReceipt(event, event.email));
  }
}

@Controller()
class LoyaltyConsumer {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  @EventPattern(TOPIC)
  async handle(@Payload() event: TutorialEvent): Promise<void> {
    const { paymentId: payment_id, userId: user_id } = event;
    const points = pointsOf(event);
    await this.dataSource.transaction(async (manager) => {
      await manager.save(manager.create(PointsEntryEntity, { payment_id, user_id, points }));
      const account =
        (await manager.findOneBy(AccountEntity, { user_id })) ??
        manager.create(AccountEntity, { user_id, balance: 0 });
      account.balance += points;
      await manager.save(account);
    });
  }
}

@Controller()
class SearchConsumer {
  private readonly elasticsearch = new Elasticsearch({
    node: String(process.env['ELASTICSEARCH_URL']),
  });

  @EventPattern(TOPIC)
  async handle(@Payload() event: TutorialEvent): Promise<void> {
    const document = documentFor(event);
    await this.elasticsearch.index({ index: 'payments', id: event.paymentId, document });
  }
}

@Module({ controllers: [EmailConsumer] })
class EmailModule {}

@Module({
  imports: [TypeOrmModule.forRoot(database([PointsEntryEntity, AccountEntity]))],
  controllers: [LoyaltyConsumer],
})
class LoyaltyModule {}

@Module({ controllers: [SearchConsumer] })
class SearchModule {}

const modules = { email: EmailModule, loyalty: LoyaltyModule, search: SearchModule };
const name = process.argv[2] as keyof typeof modules;
const app = await NestFactory.createMicroservice<MicroserviceOptions>(modules[name], {
  ...transport(name),
  logger: ['error', 'warn'],
});
app.enableShutdownHooks();
await app.listen();
process.send?.('ready');
// If the parent is gone, no SIGTERM will come.
process.once('disconnect', () => process.exit(1));

function smtpUrl(): URL {
  return new URL(String(process.env['SMTP_URL']));
}
