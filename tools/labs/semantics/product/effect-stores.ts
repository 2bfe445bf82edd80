import { Client as Elasticsearch } from '@elastic/elasticsearch';
import type { ConsumerName } from '@effectively-once/contracts';
import { Client } from 'pg';
import type { ExternalSystems } from '../../process/product/external-systems.js';
import { userOfPayment } from '../../process/product/completed-payments.js';

/** Points of one payment of the lab: one for each whole euro. */
const POINTS = 12;
const PAGE = 10_000;

/** How often each payment has its effect; a payment without one is not in the map. */
export type Effects = ReadonlyMap<string, number>;
export type ReadEffects = (paymentIds: readonly string[]) => Promise<Effects>;

/** The stores of the three consumers, read as the auditor reads them: no consumer is asked. */
export class EffectStores {
  private constructor(
    private readonly systems: ExternalSystems,
    private readonly loyalty: Client,
    private readonly elasticsearch: Elasticsearch,
  ) {}

  static async open(
    systems: ExternalSystems,
    at: { loyaltyDatabaseUrl: string; elasticsearchUrl: string },
  ): Promise<EffectStores> {
    const loyalty = new Client({ connectionString: at.loyaltyDatabaseUrl });
    await loyalty.connect();
    return new EffectStores(systems, loyalty, new Elasticsearch({ node: at.elasticsearchUrl }));
  }

  readonly of: Record<ConsumerName, ReadEffects> = {
    email: async (paymentIds) => {
      const asked = new Set(paymentIds);
      const mails = await this.systems.mails();
      return counted(
        mails.flatMap(({ paymentId }) => (asked.has(paymentId ?? '') ? paymentId! : [])),
      );
    },
    // The balance, because a second entry of a payment is impossible and its points are not.
    loyalty: async (paymentIds) => {
      const paymentOf = new Map(paymentIds.map((id) => [userOfPayment(id), id]));
      const { rows } = await this.loyalty.query<{ user: string; balance: number }>(
        `SELECT user_id AS "user", balance::float8 AS balance
         FROM loyalty.accounts WHERE user_id = ANY($1)`,
        [[...paymentOf.keys()]],
      );
      return new Map(rows.map(({ user, balance }) => [paymentOf.get(user)!, balance / POINTS]));
    },
    search: async (paymentIds) => {
      await this.elasticsearch.indices.refresh({ index: 'payments' });
      const { hits } = await this.elasticsearch.search<{ paymentId: string }>({
        index: 'payments',
        size: PAGE,
        _source: ['paymentId'],
        query: { terms: { paymentId: [...paymentIds] } },
      });
      return counted(hits.hits.flatMap(({ _source }) => _source?.paymentId ?? []));
    },
  };

  async close(): Promise<void> {
    await this.loyalty.end();
    await this.elasticsearch.close();
  }
}

function counted(paymentIds: readonly string[]): Effects {
  const effects = new Map<string, number>();
  for (const id of paymentIds) effects.set(id, (effects.get(id) ?? 0) + 1);
  return effects;
}
