import type { Client } from '@elastic/elasticsearch';

/** Readers and writers use the alias, so that the index behind it can be replaced. */
export const PAYMENTS_ALIAS = 'payments';
const PAYMENTS_INDEX = 'payments-v1';

const PROPERTIES: Record<string, { type: 'keyword' | 'long' | 'date' | 'text'; copy_to?: string }> =
  {
    paymentId: { type: 'keyword', copy_to: 'text' },
    orderId: { type: 'keyword', copy_to: 'text' },
    userId: { type: 'keyword', copy_to: 'text' },
    status: { type: 'keyword' },
    currency: { type: 'keyword' },
    amountMinor: { type: 'long' },
    completedAt: { type: 'date' },
    paymentVersion: { type: 'long' },
    // The search parameter `q` matches this field.
    text: { type: 'text' },
  };

/** Creates the index and its alias if they are missing. Safe to repeat. */
export async function ensurePaymentsIndex(
  client: Client,
  { alias, index } = { alias: PAYMENTS_ALIAS, index: PAYMENTS_INDEX },
): Promise<'created' | 'present'> {
  if (await client.indices.existsAlias({ name: alias })) return 'present';
  if (await client.indices.exists({ index })) {
    // Only the alias was lost. The documents are still valid.
    await client.indices.putAlias({ index, name: alias, is_write_index: true });
    return 'created';
  }
  await client.indices.create({
    index,
    aliases: { [alias]: { is_write_index: true } },
    settings: { number_of_shards: 1, number_of_replicas: 0 },
    mappings: { dynamic: 'strict', properties: PROPERTIES },
  });
  return 'created';
}

/**
 * What of the index is not as it was created. An index that another program created may have other
 * types. An index without `strict` takes every field that a wrong record brings. More fields than
 * these are allowed: a next version adds them before it writes them.
 */
export async function indexProblems(
  client: Pick<Client, 'indices'>,
  alias = PAYMENTS_ALIAS,
): Promise<string[]> {
  const found = await client.indices.get({ index: alias }, { ignore: [404] });
  const indices = 'error' in found ? [] : Object.entries(found);
  const [first] = indices;
  if (!first) return [`the alias ${alias} is missing`];
  if (indices.length > 1) return [`the alias ${alias} has ${indices.length} indices, not one`];
  const [index, { aliases, mappings }] = first;
  if (!aliases?.[alias]) return [`${alias} is an index, not an alias of one`];
  return [
    ...(String(mappings?.dynamic) === 'strict' ? [] : [`the mapping of ${index} is not strict`]),
    ...Object.entries(PROPERTIES).flatMap(([name, { type, copy_to }]) => {
      const field = mappings?.properties?.[name];
      if (field?.type !== type) return [`the field ${name} of ${index} is not a ${type}`];
      const copies = 'copy_to' in field ? [field.copy_to].flat() : [];
      if (copy_to === undefined || copies.includes(copy_to)) return [];
      return [`the field ${name} of ${index} is not copied to ${copy_to}`];
    }),
  ];
}

/**
 * Call it before a reindex writes its first document. A reindex writes documents in its own order
 * and not in the order of their events. So the auditor does not judge the order (I9) of payments
 * that completed before this instant, and a reindex writes no others.
 */
export async function recordReindexCutOff(
  client: Client,
  { before, alias = PAYMENTS_ALIAS }: { before: Date; alias?: string },
): Promise<void> {
  const _meta = { reindexedBefore: before.toISOString() };
  await client.indices.putMapping({ index: alias, _meta });
}
