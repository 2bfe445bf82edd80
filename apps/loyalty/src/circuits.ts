import { Circuit, type ConsumerCircuits } from '@effectively-once/delivery';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** The one dependency of loyalty: its database. */
@Injectable()
export class LoyaltyCircuits implements ConsumerCircuits {
  readonly database: Circuit;
  readonly all: readonly Circuit[];
  readonly ready: ConsumerCircuits['ready'];

  constructor(@Inject(DataSource) database: Pick<DataSource, 'query'>) {
    const probe = async () => void (await database.query('select 1'));
    this.database = new Circuit({ dependency: 'loyalty-database', probe });
    this.all = [this.database];
    this.ready = { 'loyalty-database': probe };
  }
}
