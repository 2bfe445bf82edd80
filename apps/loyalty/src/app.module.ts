import { Circuit, LaneTransport, withFailurePoints } from '@effectively-once/delivery';
import { pingBroker } from '@effectively-once/kafka';
import {
  AUTH_SECRET,
  failurePoints,
  HealthModule,
  MetricsModule,
  type Logger,
} from '@effectively-once/platform';
import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AwardPoints } from './award-points.js';
import type { LoyaltyConfig } from './config.js';
import { EFFECT_TIMEOUT_MS, loyaltyDataSource } from './database.js';
import { LoyaltyIdempotency } from './loyalty.idempotency.js';
import { PaymentCompletedConsumer } from './payment-completed.consumer.js';
import { PointsController } from './points.controller.js';
import { PointsEntries } from './points-entries.js';

@Module({})
class AppModule {}

/** The wiring of the loyalty service. */
export function appModule(config: LoyaltyConfig, logger: Logger): DynamicModule {
  const reach = failurePoints('loyalty', config.FAILURE_POINTS);
  return {
    module: AppModule,
    // Global, so that the health checks can be given them.
    global: true,
    exports: [LaneTransport],
    imports: [
      TypeOrmModule.forRootAsync({
        useFactory: () => loyaltyDataSource({ url: config.LOYALTY_DATABASE_URL }).options,
      }),
      MetricsModule,
      HealthModule.register({
        inject: [LaneTransport, DataSource],
        useFactory: (transport: LaneTransport, database: DataSource) => ({
          live: { fetching: async () => transport.assertFetching() },
          ready: {
            kafka: () => pingBroker({ brokers: config.KAFKA_BROKERS, clientId: 'loyalty.health' }),
            'loyalty-database': async () => void (await database.query('select 1')),
          },
        }),
      }),
    ],
    controllers: [PaymentCompletedConsumer, PointsController],
    providers: [
      AwardPoints,
      {
        provide: LoyaltyIdempotency,
        inject: [DataSource, Circuit],
        useFactory: (database: DataSource, circuit: Circuit) =>
          withFailurePoints(new LoyaltyIdempotency(new PointsEntries(database), circuit), reach),
      },
      {
        provide: Circuit,
        inject: [DataSource],
        useFactory: (database: DataSource) =>
          new Circuit({
            dependency: 'loyalty-database',
            probe: async () => void (await database.query('select 1')),
          }),
      },
      { provide: AUTH_SECRET, useValue: config.AUTH_JWT_SECRET },
      {
        provide: LaneTransport,
        inject: [Circuit],
        useFactory: (circuit: Circuit) =>
          new LaneTransport({
            brokers: config.KAFKA_BROKERS,
            consumer: 'loyalty',
            effectTimeoutMs: EFFECT_TIMEOUT_MS,
            sessionTimeoutMs: config.KAFKA_SESSION_TIMEOUT_MS,
            circuits: [circuit],
            reach,
            appVersion: config.APP_VERSION,
            log: logger,
          }),
      },
    ],
  };
}
