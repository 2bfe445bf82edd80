import 'reflect-metadata';
import { Inject, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientKafka, ClientsModule } from '@nestjs/microservices';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { lastValueFrom } from 'rxjs';
import type { Repository } from 'typeorm';
import { OutboxMessage } from './entities.js';
import { database, transport } from './settings.js';

const KAFKA = 'KAFKA';
const POLL_EVERY_MS = 1_000;

/**
 * The relay that tutorials teach: every second it reads what is not processed, publishes one
 * message after the other, and marks each. (`@Interval(1000)` of @nestjs/schedule is a setInterval
 * too.) Many tutorials read at most 100 messages, which would be at most 100 payments a second; so
 * this one has no limit.
 */
@Injectable()
class OutboxRelay implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private isRunning = false;

  constructor(
    @InjectRepository(OutboxMessage) private readonly outbox: Repository<OutboxMessage>,
    @Inject(KAFKA) private readonly client: ClientKafka,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.client.connect();
    this.timer = setInterval(() => void this.publishPending(), POLL_EVERY_MS);
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async publishPending(): Promise<void> {
    if (this.isRunning) return;
    this.isRunning = true;
    try {
      const messages = await this.outbox.find({
        where: { processed: false },
        order: { created_at: 'ASC' },
      });
      for (const message of messages) {
        const { topic, key, payload } = message;
        await lastValueFrom(this.client.emit(topic, { key, value: payload }));
        message.processed = true;
        await this.outbox.save(message);
      }
    } catch (error) {
      console.error(error);
    } finally {
      this.isRunning = false;
    }
  }
}

@Module({
  imports: [
    TypeOrmModule.forRoot(database([OutboxMessage])),
    TypeOrmModule.forFeature([OutboxMessage]),
    ClientsModule.register([{ name: KAFKA, ...transport('relay') }]),
  ],
  providers: [OutboxRelay],
})
class RelayModule {}

const app = await NestFactory.createApplicationContext(RelayModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
process.send?.('ready');
process.once('disconnect', () => process.exit(1));
