import { randomUUID } from 'node:crypto';
import { testAddresses } from '@effectively-once/testing';
import { Client } from '@elastic/elasticsearch';
import { ensurePaymentsIndex, indexProblems } from './payments-index.js';

const client = new Client({ node: testAddresses().ELASTICSEARCH_URL, maxRetries: 0 });
const names = { index: `settings-${randomUUID()}`, alias: `payments-${randomUUID()}` };
const problems = () => indexProblems(client, names.alias);

beforeEach(async () => void (await ensurePaymentsIndex(client, names)));
afterEach(async () => {
  await client.indices.delete({ index: names.index }, { ignore: [404] });
  await client.indices.delete({ index: names.alias }, { ignore: [404] });
});
afterAll(() => client.close());

it('an index as it was created has no problem, also with fields of a next version', async () => {
  await expect(problems()).resolves.toEqual([]);
  const properties = { refundedAt: { type: 'date' as const } };
  await client.indices.putMapping({ index: names.alias, properties });
  await expect(problems()).resolves.toEqual([]);
});

it('has a problem when its mapping takes every field', async () => {
  await client.indices.putMapping({ index: names.alias, dynamic: true });
  await expect(problems()).resolves.toEqual([`the mapping of ${names.index} is not strict`]);
});

it('has a problem when its alias is missing, or Elasticsearch created an index of its name', async () => {
  await client.indices.delete({ index: names.index });
  await expect(problems()).resolves.toEqual([`the alias ${names.alias} is missing`]);
  await client.indices.create({ index: names.alias });
  await expect(problems()).resolves.toEqual([`${names.alias} is an index, not an alias of one`]);
});

it('has a problem when another program created it with other fields', async () => {
  await client.indices.delete({ index: names.index });
  await client.indices.create({
    index: names.index,
    aliases: { [names.alias]: { is_write_index: true } },
    mappings: { dynamic: 'strict', properties: { amountMinor: { type: 'text' } } },
  });
  await expect(problems()).resolves.toEqual(
    expect.arrayContaining([
      `the field amountMinor of ${names.index} is not a long`,
      `the field paymentId of ${names.index} is not a keyword`,
    ]),
  );
});
