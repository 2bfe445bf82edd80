import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import type { EmailConfig } from '../config.js';
import { MailProvider } from './mail-provider.js';
import { assertKeepsEveryMarker, measureMemory } from './redis-memory.js';
import { connectRedis } from './redis.js';
import { Recipients } from './recipients.js';
import { connectSmtp, SMTP, type Smtp } from './smtp.js';

/** Connects to the four servers that a receipt needs, and disconnects at shutdown. */
@Module({})
export class ServersModule implements OnApplicationShutdown {
  constructor(
    private readonly redis: Redis,
    @Inject(SMTP) private readonly smtp: Smtp,
  ) {}

  static register(config: EmailConfig): DynamicModule {
    return {
      module: ServersModule,
      providers: [
        { provide: Redis, useFactory: () => openRedis(config.REDIS_URL) },
        { provide: SMTP, useFactory: () => connectSmtp(config.SMTP_URL) },
        { provide: MailProvider, useFactory: () => new MailProvider(config.MAIL_PROVIDER_URL) },
        {
          provide: Recipients,
          useFactory: () => new Recipients(config.PAYMENTS_URL, config.SERVICE_TOKEN),
        },
      ],
      exports: [Redis, SMTP, MailProvider, Recipients],
    };
  }

  onApplicationShutdown(): void {
    this.smtp.close();
    this.redis.disconnect();
  }
}

async function openRedis(url: string): Promise<Redis> {
  const redis = await connectRedis(url);
  await assertKeepsEveryMarker(redis);
  measureMemory(redis);
  return redis;
}
