import { Client } from '@elastic/elasticsearch';
import { Circuit, LaneTransport, withFailurePoints } from '@effectively-once/delivery';
import { pingBroker } from '@effectively-once/kafka';
import {
  AUTH_SECRET,
  failurePoints,
  HealthModule,
  MetricsModule,
  type Logger,
} from '@effectively-once/platform';
import { Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import type { SearchConfig } from './config.js';
import { IndexPayment } from './index-payment.js';
import { PaymentCompletedConsumer } from './payment-completed.consumer.js';
import { PaymentDocuments } from './payment-documents.js';
import { PAYMENTS_ALIAS } from './payments-index.js';
import { SearchController } from './search.controller.js';
import { SearchIdempotency } from './search.idempotency.js';

const REQUEST_TIMEOUT_MS = 5_000;
// The write, and the look at what is there already.
const EFFECT_TIMEOUT_MS = 2 * REQUEST_TIMEOUT_MS;

@Module({})
class AppModule implements OnApplicationShutdown {
  constructor(private readonly elasticsearch: Client) {}

  async onApplicationShutdown(): Promise<void> {
    await this.elasticsearch.close();
  }
}

/** The wiring of the search service. */
export function appModule(config: SearchConfig, logger: Logger): DynamicModule {
  const reach = failurePoints('search', config.FAILURE_POINTS);
  return {
    module: AppModule,
    // Global, so that the health checks can be given them.
    global: true,
    exports: [LaneTransport, Client],
    imports: [MetricsModule, health(config)],
    controllers: [PaymentCompletedConsumer, SearchController],
    providers: [
      IndexPayment,
      {
        provide: SearchIdempotency,
        inject: [Client, Circuit],
        useFactory: (client: Client, circuit: Circuit) =>
          withFailurePoints(new SearchIdempotency(new PaymentDocuments(client), circuit), reach),
      },
      {
        provide: Circuit,
        inject: [Client],
        useFactory: (client: Client) =>
          new Circuit({
            dependency: 'elasticsearch',
            probe: async () => void (await client.cluster.health()),
          }),
      },
      { provide: AUTH_SECRET, useValue: config.AUTH_JWT_SECRET },
      {
        provide: Client,
        useFactory: () =>
          new Client({
            node: config.ELASTICSEARCH_URL,
            requestTimeout: REQUEST_TIMEOUT_MS,
            // deliver() repeats what failed, and counts it. Retries in here would hide it.
            maxRetries: 0,
          }),
      },
      {
        provide: LaneTransport,
        inject: [Circuit],
        useFactory: (circuit: Circuit) =>
          new LaneTransport({
            brokers: config.KAFKA_BROKERS,
            consumer: 'search',
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

function health(config: SearchConfig): DynamicModule {
  return HealthModule.register({
    inject: [LaneTransport, Client],
    useFactory: (transport: LaneTransport, elasticsearch: Client) => ({
      live: { fetching: async () => transport.assertFetching() },
      ready: {
        kafka: () => pingBroker({ brokers: config.KAFKA_BROKERS, clientId: 'search.health' }),
        elasticsearch: async (signal) => {
          const found = await elasticsearch.indices.existsAlias(
            { name: PAYMENTS_ALIAS },
            { signal },
          );
          if (!found) throw new Error(`the alias ${PAYMENTS_ALIAS} is missing`);
        },
      },
    }),
  });
}
