import { Client } from '@elastic/elasticsearch';
import { SettingsWatch, type Logger } from '@effectively-once/platform';
import {
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { indexProblems } from './payments-index.js';

const REQUEST_TIMEOUT_MS = 5_000;
/** The bulk request, and reading the documents that it conflicts with. */
export const EFFECT_TIMEOUT_MS = 2 * REQUEST_TIMEOUT_MS;

/** Provides the Elasticsearch client, watches its index, and closes the client at shutdown. */
@Module({})
export class ElasticsearchModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly client: Client,
    private readonly settings: SettingsWatch,
  ) {}

  static register(node: string, logger: Logger): DynamicModule {
    const options = {
      node,
      requestTimeout: REQUEST_TIMEOUT_MS,
      // deliver() retries and counts. Retries of the client would hide failures from it.
      maxRetries: 0,
    };
    return {
      module: ElasticsearchModule,
      providers: [
        { provide: Client, useFactory: () => new Client(options) },
        {
          provide: SettingsWatch,
          inject: [Client],
          useFactory: (client: Client) => {
            const checks = { search_index: () => indexProblems(client) };
            return new SettingsWatch({ checks, logger });
          },
        },
      ],
      exports: [Client],
    };
  }

  onApplicationBootstrap(): void {
    this.settings.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.settings.stop();
    await this.client.close();
  }
}
