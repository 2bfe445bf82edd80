import { assertDedupWindowCovers, RETENTION } from '@effectively-once/contracts';
import { LaneTransport, withFailurePoints } from '@effectively-once/delivery';
import { pingBroker } from '@effectively-once/kafka';
import {
  failurePoints,
  HealthModule,
  MetricsModule,
  type Logger,
} from '@effectively-once/platform';
import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import { EmailCircuits } from './circuits.js';
import {
  EFFECT_TIMEOUT_MS,
  LEASE_MS,
  RECEIPT_MARK_TTL_MS,
  SMTP_TIMEOUT_MS,
  type EmailConfig,
} from './config.js';
import { EmailIdempotency } from './email.idempotency.js';
import { MailProvider } from './mail-provider.js';
import { PaymentCompletedConsumer } from './payment-completed.consumer.js';
import { ReceiptClaims } from './receipt-claims.js';
import { connectRedis } from './redis.js';
import { assertKeepsEveryMark, measureMemory } from './redis-memory.js';
import { Recipients } from './recipients.js';
import { SendReceipt } from './send-receipt.js';
import { connectSmtp, SMTP, type Smtp } from './smtp.js';

@Module({})
class AppModule implements OnApplicationShutdown {
  constructor(
    private readonly redis: Redis,
    @Inject(SMTP) private readonly smtp: Smtp,
  ) {}

  onApplicationShutdown(): void {
    this.smtp.close();
    this.redis.disconnect();
  }
}

/** The wiring of the email service, with the refusals to start on ground that cannot hold. */
export function appModule(config: EmailConfig, logger: Logger): DynamicModule {
  assertDedupWindowCovers({ ...RETENTION, dedupWindowMs: RECEIPT_MARK_TTL_MS });
  if (SMTP_TIMEOUT_MS >= LEASE_MS) throw new Error('a send may outlive its lease');
  const reach = failurePoints('email', config.FAILURE_POINTS);
  return {
    module: AppModule,
    // Global, so that the health checks can be given them.
    global: true,
    exports: [LaneTransport, Redis, SMTP, Recipients],
    imports: [MetricsModule, health(config)],
    controllers: [PaymentCompletedConsumer],
    providers: [
      SendReceipt,
      {
        provide: EmailIdempotency,
        inject: [ReceiptClaims, MailProvider, EmailCircuits],
        useFactory: (...parts: ConstructorParameters<typeof EmailIdempotency>) =>
          withFailurePoints(new EmailIdempotency(...parts), reach),
      },
      {
        provide: EmailCircuits,
        inject: [Redis, Recipients, MailProvider, SMTP],
        useFactory: (redis: Redis, recipients: Recipients, provider: MailProvider, smtp: Smtp) =>
          new EmailCircuits({ redis, recipients, provider, smtp }),
      },
      { provide: Redis, useFactory: () => openRedis(config.REDIS_URL) },
      {
        provide: ReceiptClaims,
        inject: [Redis],
        useFactory: (redis: Redis) => new ReceiptClaims(redis, logger),
      },
      { provide: SMTP, useFactory: () => connectSmtp(config.SMTP_URL) },
      { provide: MailProvider, useFactory: () => new MailProvider(config.MAIL_PROVIDER_URL) },
      {
        provide: Recipients,
        useFactory: () => new Recipients(config.PAYMENTS_URL, config.SERVICE_TOKEN),
      },
      {
        provide: LaneTransport,
        inject: [EmailCircuits],
        useFactory: (circuits: EmailCircuits) =>
          new LaneTransport({
            brokers: config.KAFKA_BROKERS,
            consumer: 'email',
            effectTimeoutMs: EFFECT_TIMEOUT_MS,
            sessionTimeoutMs: config.KAFKA_SESSION_TIMEOUT_MS,
            circuits: circuits.all,
            reach,
            appVersion: config.APP_VERSION,
            log: logger,
          }),
      },
    ],
  };
}

async function openRedis(url: string): Promise<Redis> {
  const redis = await connectRedis(url);
  await assertKeepsEveryMark(redis);
  measureMemory(redis);
  return redis;
}

function health(config: EmailConfig): DynamicModule {
  return HealthModule.register({
    inject: [LaneTransport, Redis, SMTP, Recipients],
    useFactory: (transport: LaneTransport, redis: Redis, smtp: Smtp, recipients: Recipients) => ({
      live: { fetching: async () => transport.assertFetching() },
      ready: {
        kafka: () => pingBroker({ brokers: config.KAFKA_BROKERS, clientId: 'email.health' }),
        redis: async () => void (await redis.ping()),
        smtp: async () => void (await smtp.verify()),
        payments: (signal) => recipients.ping(signal),
      },
    }),
  });
}
