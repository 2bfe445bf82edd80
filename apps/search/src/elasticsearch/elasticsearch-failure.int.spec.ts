import { randomUUID } from 'node:crypto';
import { Client } from '@elastic/elasticsearch';
import { aPayment } from '@effectively-once/delivery/testing';
import { testAddresses } from '@effectively-once/testing';
import { documentOf } from '../payment-document.js';
import { PaymentDocuments } from '../search.idempotency.js';
import { ensurePaymentsIndex } from './payments-index.js';
import { probeDocuments } from './write-probe.js';

// An operator damages each index here, or Elasticsearch itself (a full disk sets the block).
const names = { alias: `payments-${randomUUID()}`, index: `payments-${randomUUID()}-v1` };
let client: Client;

const BLOCKS = ['read_only', 'read_only_allow_delete', 'write'] as const;

beforeAll(() => {
  client = new Client({ node: testAddresses().ELASTICSEARCH_URL, maxRetries: 0 });
});
beforeEach(async () => void (await ensurePaymentsIndex(client, names)));
afterEach(async () => {
  const index = `${names.index}*`;
  const indices = Object.keys(await client.indices.get({ index, expand_wildcards: 'all' }));
  for (const one of indices) {
    // Elasticsearch does not delete a read-only index.
    for (const name of BLOCKS) await block(name, one, false);
    await client.indices.delete({ index: one });
  }
});
afterAll(async () => await client.close());

/** What one document gets: its outcome, or the error of the whole request. */
async function write(payment = aPayment()): Promise<string> {
  const documents = new PaymentDocuments(client, names.alias);
  const [outcome] = await documents
    .write([documentOf(payment)])
    .catch((reason: Error) => [{ status: 'rejected', reason } as const]);
  return outcome?.status === 'rejected' ? (outcome.reason as Error).name : String(outcome?.value);
}

const probe = async () => await probeDocuments(client, { alias: names.alias });

const block = async (name: (typeof BLOCKS)[number], index = names.index, isOn = true) =>
  void (await client.indices.putSettings({
    index,
    settings: { [`index.blocks.${name}`]: isOn },
  }));

it('takes documents, and the probe leaves none', async () => {
  await expect(probe()).resolves.toBeUndefined();
  await expect(write()).resolves.toBe('applied');
  await client.indices.refresh({ index: names.alias });
  await expect(client.count({ index: names.alias })).resolves.toMatchObject({ count: 1 });
});

it.each<[string, () => Promise<void>]>([
  ['closed', async () => void (await client.indices.close({ index: names.index }))],
  ['blocked for writes', async () => await block('write')],
  ['read-only', async () => await block('read_only')],
  ['blocked because the disk is almost full', async () => await block('read_only_allow_delete')],
  ['deleted', async () => void (await client.indices.delete({ index: names.index }))],
  [
    'without its alias',
    async () => void (await client.indices.deleteAlias({ index: names.index, name: names.alias })),
  ],
  [
    'without a write index behind the alias',
    async () => {
      const second = `${names.index}-2`;
      await client.indices.create({ index: second });
      await client.indices.updateAliases({
        actions: [
          { add: { index: second, alias: names.alias, is_write_index: false } },
          { add: { index: names.index, alias: names.alias, is_write_index: false } },
        ],
      });
    },
  ],
])('an index that is %s is down for every document, and the probe notices', async (_, damage) => {
  await damage();
  await expect(write()).resolves.toBe('DependencyDown');
  await expect(probe()).rejects.toMatchObject({ name: expect.any(String) as string });
});

it('a document that breaks the mapping is refused for good, and may be the fault of the mapping', async () => {
  const documents = new PaymentDocuments(client, names.alias);
  const odd = { ...documentOf(aPayment()), surprise: 1 };
  const [outcome] = await documents.write([odd]);
  expect(outcome).toMatchObject({
    status: 'rejected',
    reason: { name: 'PermanentFailure', code: 'DocumentRefused', blames: 'unknown' },
  });
});
