import type { Client as Elasticsearch } from '@elastic/elasticsearch';
import { dayStores } from './day-stores.js';

/** A search index with these answers per document. */
function documentsOf(docs: object[]) {
  const elasticsearch = { mget: async () => ({ docs }) } as unknown as Elasticsearch;
  const at = { elasticsearch, payments: {}, loyalty: {}, thirdPartiesUrl: '' };
  return dayStores(at as Parameters<typeof dayStores>[0]).documentsOf(['p1', 'p2']);
}
const found = {
  _index: 'payments-v1',
  _id: 'p1',
  found: true,
  _source: { userId: 'alice', currency: 'EUR', amountMinor: 5 },
};

it('a payment without a document has no amount', async () => {
  const absent = { _index: 'payments-v1', _id: 'p2', found: false };
  await expect(documentsOf([found, absent])).resolves.toEqual([
    { paymentId: 'p1', userId: 'alice', currency: 'EUR', amountMinor: 5 },
  ]);
});

it('an unreadable document does not count as a missing one', async () => {
  const reason = 'no shard available for [get [payments-v1][p2]]';
  const unread = { _index: 'payments-v1', _id: 'p2', error: { type: 'x', reason } };
  await expect(documentsOf([found, unread])).rejects.toThrow(
    /the search index cannot be read .*no shard available/,
  );
});
