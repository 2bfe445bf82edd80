import { SettingsWatch, type Logger } from '@effectively-once/platform';
import {
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { ConsoleConfig } from '../../config.js';
import { sourceOf } from '../../connector/connector.module.js';
import { readConnectorConfig } from '../../connector/register-connector.js';
import { PaymentsDatabase, type Query } from '../payments-database.js';
import { connectorProblems } from './connector-settings.js';
import { postgresProblems, publicationProblems } from './postgres-settings.js';
import { topicProblems } from './topic-settings.js';

/**
 * Checks again and again the settings that no consumer owns: topics, PostgreSQL, its publication,
 * and the connector. (Email checks its Redis, and search its index.)
 */
@Module({})
export class SettingsModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(private readonly settings: SettingsWatch) {}

  static register(config: ConsoleConfig, logger: Logger): DynamicModule {
    return {
      module: SettingsModule,
      providers: [
        {
          // A separate pool: these checks must not wait for a count of the outbox.
          provide: PaymentsDatabase,
          useFactory: () => new PaymentsDatabase(config.AUDITOR_PAYMENTS_URL),
        },
        {
          provide: SettingsWatch,
          inject: [PaymentsDatabase],
          useFactory: (payments: PaymentsDatabase) => {
            const query: Query = (sql, parameters) => payments.query(sql, parameters);
            return new SettingsWatch({ checks: checksOf(config, query), logger });
          },
        },
      ],
      exports: [SettingsWatch],
    };
  }

  onApplicationBootstrap(): void {
    this.settings.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.settings.stop();
  }
}

const checksOf = (config: ConsoleConfig, query: Query) => ({
  topics: () => topicProblems(config.KAFKA_BROKERS),
  postgres: () => postgresProblems(query),
  publication: () => publicationProblems(query),
  connector: async () =>
    await connectorProblems(config.CONNECT_URL, await readConnectorConfig(sourceOf(config))),
});
