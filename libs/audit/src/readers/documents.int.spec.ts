import { randomUUID } from 'node:crypto';
import { testAddresses } from '@effectively-once/testing';
import { Client } from '@elastic/elasticsearch';
import { readDocuments } from './documents.js';

const { ELASTICSEARCH_URL } = testAddresses();

describe('reading the search index', () => {
  const client = new Client({ node: ELASTICSEARCH_URL });
  const ids = Array.from({ length: 2_001 }, () => randomUUID());

  afterAll(async () => {
    await client.bulk({ operations: ids.map((_id) => ({ delete: { _index: 'payments', _id } })) });
    await client.close();
  });

  it('gives every document with its version, also those written a moment ago', async () => {
    await client.bulk({
      operations: ids.flatMap((_id) => [
        { index: { _index: 'payments', _id, version: 7, version_type: 'external' } },
        { paymentId: _id },
      ]),
    });
    const documents = await readDocuments(ELASTICSEARCH_URL);
    expect(ids.filter((id) => documents.get(id)?.join() !== '7')).toEqual([]);
  });
});
