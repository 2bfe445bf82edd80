import { DeliveryModule } from '@effectively-once/delivery';
import {
  failurePoints,
  HealthModule,
  MetricsModule,
  TokenGuard,
  type Logger,
} from '@effectively-once/platform';
import { Module, type DynamicModule } from '@nestjs/common';
import { Redis } from 'ioredis';
import { assertLimitsHold, EFFECT_TIMEOUT_MS, type EmailConfig } from './config.js';
import { EmailIdempotency, receiptClaims } from './email.idempotency.js';
import { PaymentCompletedConsumer } from './payment-completed.consumer.js';
import { ReceiptClaims } from './receipt-claims.js';
import { SendReceipt } from './send-receipt.js';
import { EmailCircuits } from './servers/circuits.js';
import { ServersModule } from './servers/servers.module.js';

@Module({})
class AppModule {}

/** The wiring of the email service. */
export function appModule(config: EmailConfig, log: Logger): DynamicModule {
  assertLimitsHold();
  const servers = ServersModule.register(config, log);
  const claims = { inject: [Redis], useFactory: (redis: Redis) => receiptClaims(redis, log) };
  const delivery = DeliveryModule.forConsumer({
    name: 'email',
    circuits: EmailCircuits,
    strategy: EmailIdempotency,
    effect: SendReceipt,
    controller: PaymentCompletedConsumer,
    effectTimeoutMs: EFFECT_TIMEOUT_MS,
    imports: [servers],
    providers: [{ provide: ReceiptClaims, ...claims }],
    config,
    log,
    reach: failurePoints('email', config.FAILURE_POINTS),
    stateGuard: new TokenGuard(config.CONSUMER_STATE_TOKEN),
  });
  const health = HealthModule.register(DeliveryModule.health(delivery));
  return { module: AppModule, imports: [MetricsModule, servers, delivery, health] };
}
