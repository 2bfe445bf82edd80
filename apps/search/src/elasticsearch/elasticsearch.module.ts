import { Client } from '@elastic/elasticsearch';
import { Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';

const REQUEST_TIMEOUT_MS = 5_000;
/** The bulk request, and reading the documents that it conflicts with. */
export const EFFECT_TIMEOUT_MS = 2 * REQUEST_TIMEOUT_MS;

/** Provides the Elasticsearch client, and closes it at shutdown. */
@Module({})
export class ElasticsearchModule implements OnApplicationShutdown {
  constructor(private readonly client: Client) {}

  static register(node: string): DynamicModule {
    const options = {
      node,
      requestTimeout: REQUEST_TIMEOUT_MS,
      // deliver() retries and counts. Retries of the client would hide failures from it.
      maxRetries: 0,
    };
    return {
      module: ElasticsearchModule,
      providers: [{ provide: Client, useFactory: () => new Client(options) }],
      exports: [Client],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.client.close();
  }
}
