import { DeliveryModule } from '@effectively-once/delivery';
import {
  AUTH_SECRET,
  failurePoints,
  HealthModule,
  MetricsModule,
  TokenGuard,
  type Logger,
} from '@effectively-once/platform';
import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AwardPoints } from './award-points.js';
import { LoyaltyCircuits } from './circuits.js';
import type { LoyaltyConfig } from './config.js';
import { EFFECT_TIMEOUT_MS, loyaltyDataSource } from './database/database.js';
import { LoyaltyIdempotency } from './loyalty.idempotency.js';
import { PaymentCompletedConsumer } from './payment-completed.consumer.js';
import { PointsController } from './points/points.controller.js';

@Module({})
class AppModule {}

/** The wiring of the loyalty service. TypeORM's module makes the DataSource global. */
export function appModule(config: LoyaltyConfig, log: Logger): DynamicModule {
  const { options } = loyaltyDataSource({ url: config.LOYALTY_DATABASE_URL });
  const delivery = DeliveryModule.forConsumer({
    name: 'loyalty',
    circuits: LoyaltyCircuits,
    strategy: LoyaltyIdempotency,
    effect: AwardPoints,
    controller: PaymentCompletedConsumer,
    effectTimeoutMs: EFFECT_TIMEOUT_MS,
    config,
    log,
    reach: failurePoints('loyalty', config.FAILURE_POINTS),
    stateGuard: new TokenGuard(config.CONSUMER_STATE_TOKEN),
  });
  const health = HealthModule.register(DeliveryModule.health(delivery));
  return {
    module: AppModule,
    imports: [TypeOrmModule.forRoot(options), MetricsModule, delivery, health],
    controllers: [PointsController],
    providers: [{ provide: AUTH_SECRET, useValue: config.AUTH_JWT_SECRET }],
  };
}
