import { Circuit, type ConsumerCircuits } from '@effectively-once/delivery';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { probeEntries } from './database/write-probe.js';

/** The one dependency of loyalty: its database. */
@Injectable()
export class LoyaltyCircuits implements ConsumerCircuits {
  readonly database: Circuit;
  readonly all: readonly Circuit[];
  readonly ready: ConsumerCircuits['ready'];

  constructor(@Inject(DataSource) { options }: Pick<DataSource, 'options'>) {
    const probe = async () => await probeEntries((options as { url: string }).url);
    this.database = new Circuit({ dependency: 'loyalty-database', probe });
    this.all = [this.database];
    this.ready = { 'loyalty-database': probe };
  }
}
