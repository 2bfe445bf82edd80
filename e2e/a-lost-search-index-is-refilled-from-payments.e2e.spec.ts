import { jest } from '@jest/globals';
import { Client } from '@elastic/elasticsearch';
import { npmRun, type Ended } from './npm-run.js';
import { at, checkout, findings, newId } from './system-under-test.js';

// The system drains, reindex runs twice and the audit reads every store.
jest.setTimeout(180_000);

const elasticsearch = new Client({ node: at.ELASTICSEARCH_URL });
afterAll(async () => await elasticsearch.close());

const reindex = (changed?: Record<string, string>): Promise<Ended> =>
  npmRun('reindex', [], changed);

const pays = () => checkout({ userId: newId('searcher') });

it('exits 2 and names the store when one cannot be reached', async () => {
  await expect(reindex({ ELASTICSEARCH_URL: 'http://127.0.0.1:1' })).resolves.toMatchObject({
    code: 2,
    output: expect.stringContaining('cannot reach Elasticsearch'),
  });
  await expect(
    reindex({ AUDITOR_PAYMENTS_URL: 'postgres://auditor:x@127.0.0.1:1/payments' }),
  ).resolves.toMatchObject({ code: 2, output: expect.stringContaining('cannot reach payments') });
});

it('a lost index is refilled from payments while new payments come in, and the audit is clean', async () => {
  await Promise.all(Array.from({ length: 20 }, pays));
  await expect(findings()).resolves.toEqual([]);
  await elasticsearch.indices.delete({ index: 'payments-v1' });
  // For these, the search consumer finds no alias: a dependency that is down, so it waits and
  // dead-letters no document.
  const meanwhile = Array.from({ length: 20 }, pays);
  await expect(reindex()).resolves.toMatchObject({ code: 0 });
  await Promise.all(meanwhile);
  await expect(findings()).resolves.toEqual([]);
  const again = await reindex();
  expect(again).toMatchObject({ code: 0, output: expect.stringContaining(' 0 written, ') });
});
