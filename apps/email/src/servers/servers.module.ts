import { SettingsWatch, type Logger } from '@effectively-once/platform';
import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Redis } from 'ioredis';
import type { EmailConfig } from '../config.js';
import { MailProvider } from './mail-provider.js';
import { assertKeepsEveryMarker, measureMemory, redisChecks } from './redis-memory.js';
import { connectRedis } from './redis.js';
import { Recipients } from './recipients.js';
import { connectSmtp, SMTP, type Smtp } from './smtp.js';

/** Connects to the four servers that a receipt needs, and disconnects at shutdown. */
@Module({})
export class ServersModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly redis: Redis,
    @Inject(SMTP) private readonly smtp: Smtp,
    private readonly settings: SettingsWatch,
  ) {}

  static register(config: EmailConfig, logger: Logger): DynamicModule {
    return {
      module: ServersModule,
      providers: [
        { provide: Redis, useFactory: () => openRedis(config.REDIS_URL) },
        {
          provide: SettingsWatch,
          inject: [Redis],
          useFactory: (redis: Redis) => new SettingsWatch({ checks: redisChecks(redis), logger }),
        },
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

  onApplicationBootstrap(): void {
    this.settings.start();
    // After a failover another Redis answers, with settings of its own.
    this.redis.on('ready', () => this.settings.wake());
  }

  async onApplicationShutdown(): Promise<void> {
    await this.settings.stop();
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
