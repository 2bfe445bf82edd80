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
import { SearchCircuits } from './circuits.js';
import type { SearchConfig } from './config.js';
import { EFFECT_TIMEOUT_MS, ElasticsearchModule } from './elasticsearch/elasticsearch.module.js';
import { IndexPayment } from './index-payment.js';
import { PaymentCompletedConsumer } from './payment-completed.consumer.js';
import { SearchController } from './query/search.controller.js';
import { SearchIdempotency } from './search.idempotency.js';

@Module({})
class AppModule {}

/** The wiring of the search service. */
export function appModule(config: SearchConfig, log: Logger): DynamicModule {
  const elasticsearch = ElasticsearchModule.register(config.ELASTICSEARCH_URL, log);
  const delivery = DeliveryModule.forConsumer({
    name: 'search',
    circuits: SearchCircuits,
    strategy: SearchIdempotency,
    effect: IndexPayment,
    controller: PaymentCompletedConsumer,
    effectTimeoutMs: EFFECT_TIMEOUT_MS,
    imports: [elasticsearch],
    config,
    log,
    reach: failurePoints('search', config.FAILURE_POINTS),
    stateGuard: new TokenGuard(config.CONSUMER_STATE_TOKEN),
  });
  const health = HealthModule.register(DeliveryModule.health(delivery));
  return {
    module: AppModule,
    imports: [MetricsModule, elasticsearch, delivery, health],
    controllers: [SearchController],
    providers: [{ provide: AUTH_SECRET, useValue: config.AUTH_JWT_SECRET }],
  };
}
