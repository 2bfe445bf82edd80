import { Client } from '@elastic/elasticsearch';
import { Circuit, type ConsumerCircuits } from '@effectively-once/delivery';
import { Inject, Injectable } from '@nestjs/common';
import { assertAliasExists } from './elasticsearch/payments-index.js';

/** The one dependency of search: Elasticsearch. */
@Injectable()
export class SearchCircuits implements ConsumerCircuits {
  readonly elasticsearch: Circuit;
  readonly all: readonly Circuit[];
  readonly ready: ConsumerCircuits['ready'];

  constructor(@Inject(Client) client: Pick<Client, 'cluster' | 'indices'>) {
    this.elasticsearch = new Circuit({
      dependency: 'elasticsearch',
      probe: async () => void (await client.cluster.health()),
    });
    this.all = [this.elasticsearch];
    // Without the alias search can neither write nor find a document.
    this.ready = { elasticsearch: (signal) => assertAliasExists(client, signal) };
  }
}
