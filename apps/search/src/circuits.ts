import { Client } from '@elastic/elasticsearch';
import { Circuit, type ConsumerCircuits } from '@effectively-once/delivery';
import { Inject, Injectable } from '@nestjs/common';
import { probeDocuments } from './elasticsearch/write-probe.js';

/** The one dependency of search: Elasticsearch. */
@Injectable()
export class SearchCircuits implements ConsumerCircuits {
  readonly elasticsearch: Circuit;
  readonly all: readonly Circuit[];
  readonly ready: ConsumerCircuits['ready'];

  constructor(@Inject(Client) client: Client) {
    this.elasticsearch = new Circuit({
      dependency: 'elasticsearch',
      probe: async () => await probeDocuments(client),
    });
    this.all = [this.elasticsearch];
    this.ready = { elasticsearch: async (signal) => await probeDocuments(client, { signal }) };
  }
}
