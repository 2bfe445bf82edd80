import { randomUUID } from 'node:crypto';
import { testAddresses } from '@effectively-once/testing';
import { Client } from '@elastic/elasticsearch';
import type { FactOf } from '../evidence/facts.js';
import { readDocuments } from './documents.js';

const { ELASTICSEARCH_URL } = testAddresses();

describe('reading the search index', () => {
  const client = new Client({ node: ELASTICSEARCH_URL });
  const ids: string[] = Array.from({ length: 2_001 }, () => randomUUID());

  afterAll(async () => {
    await client.bulk({ operations: ids.map((_id) => ({ delete: { _index: 'payments', _id } })) });
    await client.close();
  });

  it('reads every document with its version and content, in the order of writing, also documents written a moment ago', async () => {
    const content = { userId: 'alice', amountMinor: 1299, currency: 'EUR' };
    await client.bulk({
      operations: ids.flatMap((_id) => [
        { index: { _index: 'payments', _id, version: 7, version_type: 'external' } },
        { paymentId: _id, orderId: 'not compared', ...content },
      ]),
    });
    const found = new Map<string, FactOf<'document'>>();
    await readDocuments(ELASTICSEARCH_URL, (document) => {
      if (ids.includes(document.paymentId)) found.set(document.paymentId, document);
    });
    for (const paymentId of ids) {
      const at = expect.any(Number) as number;
      const document = { kind: 'document', paymentId, version: 7, ...content, at };
      expect(found.get(paymentId)).toEqual(document);
    }
    const inOrder = [...ids].sort((a, b) => found.get(a)!.at - found.get(b)!.at);
    expect(inOrder).toEqual(ids);
  });

  it('reads which documents a reindex may have written', async () => {
    const reindexed = async () =>
      (await readDocuments(ELASTICSEARCH_URL, () => {})).reindexedBeforeMs;
    const write = (_meta: Record<string, string>) =>
      client.indices.putMapping({ index: 'payments', _meta });
    await expect(reindexed()).resolves.toBeUndefined();
    await write({ reindexedBefore: '2026-11-20T12:00:00.123Z' });
    await expect(reindexed()).resolves.toBe(Date.parse('2026-11-20T12:00:00.123Z'));
    await write({});
  });
});
