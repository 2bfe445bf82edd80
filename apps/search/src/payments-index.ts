import type { Client } from '@elastic/elasticsearch';

/** Readers and writers use the alias; the index behind it can be replaced. */
export const PAYMENTS_ALIAS = 'payments';
const PAYMENTS_INDEX = 'payments-v1';

/** Makes the index and its alias unless they are there. Safe to repeat. */
export async function ensurePaymentsIndex(client: Client): Promise<'created' | 'present'> {
  if (await client.indices.existsAlias({ name: PAYMENTS_ALIAS })) return 'present';
  await client.indices.create({
    index: PAYMENTS_INDEX,
    aliases: { [PAYMENTS_ALIAS]: { is_write_index: true } },
    settings: { number_of_shards: 1, number_of_replicas: 0 },
    mappings: {
      dynamic: 'strict',
      properties: {
        paymentId: { type: 'keyword', copy_to: 'text' },
        orderId: { type: 'keyword', copy_to: 'text' },
        userId: { type: 'keyword', copy_to: 'text' },
        status: { type: 'keyword' },
        currency: { type: 'keyword' },
        amountMinor: { type: 'long' },
        completedAt: { type: 'date' },
        paymentVersion: { type: 'long' },
        // What `q` is matched against.
        text: { type: 'text' },
      },
    },
  });
  return 'created';
}
