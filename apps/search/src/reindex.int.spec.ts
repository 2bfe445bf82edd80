import { randomUUID } from 'node:crypto';
import type { PaymentCompleted } from '@effectively-once/contracts';
import { RefusedForNow } from '@effectively-once/delivery';
import { aPayment } from '@effectively-once/delivery/testing';
import { paymentsDataSource } from '@effectively-once/payments/database';
import { createTestDatabase, testAddresses, type TestDatabase } from '@effectively-once/testing';
import { Client as Elasticsearch } from '@elastic/elasticsearch';
import pg from 'pg';
import { ensurePaymentsIndex, recordReindexCutOff } from './elasticsearch/payments-index.js';
import { documentOf } from './payment-document.js';
import { reindex, type ReindexOptions } from './reindex.js';
import { PaymentDocuments } from './search.idempotency.js';

const names = { index: `reindex-${randomUUID()}`, alias: `payments-${randomUUID()}` };

let testDatabase: TestDatabase;
let admin: pg.Client;
let auditor: pg.Client;
let elasticsearch: Elasticsearch;
let documents: PaymentDocuments;

beforeAll(async () => {
  testDatabase = await createTestDatabase('reindex');
  admin = new pg.Client({ connectionString: testDatabase.url });
  await admin.connect();
  await admin.query('CREATE SCHEMA payments');
  const migrations = await paymentsDataSource({ url: testDatabase.url, poolMax: 1 }).initialize();
  await migrations.runMigrations();
  await migrations.destroy();
  auditor = new pg.Client({ connectionString: testDatabase.as('auditor') });
  await auditor.connect();
  elasticsearch = new Elasticsearch({ node: testAddresses().ELASTICSEARCH_URL, maxRetries: 0 });
  documents = new PaymentDocuments(elasticsearch, names.alias);
});
beforeEach(async () => {
  await admin.query('TRUNCATE payments.payments CASCADE');
  await elasticsearch.indices.delete({ index: names.index }, { ignore: [404] });
  await ensurePaymentsIndex(elasticsearch, names);
});
afterAll(async () => {
  await elasticsearch.indices.delete({ index: names.index }, { ignore: [404] });
  await elasticsearch.close();
  await auditor.end();
  await admin.end();
  await testDatabase.drop();
});

async function store(payment: PaymentCompleted, status = 'COMPLETED'): Promise<PaymentCompleted> {
  const isFinal = status === 'COMPLETED';
  await admin.query(
    `INSERT INTO payments.payments
       (id, user_id, order_id, amount_minor, currency, payment_method, status, version, psp_reference,
        created_at, completed_at, traceparent, psp_attempts, lease_token, lease_until)
     VALUES ($1, $2, $3, $4, $5, 'pm_card_visa', $6, $7, $8, now(), $9, 'none', 1, NULL, $10)`,
    [
      payment.paymentId,
      payment.userId,
      `order-${payment.paymentId}`,
      payment.amountMinor,
      payment.currency,
      status,
      payment.paymentVersion,
      isFinal ? 'pi_1' : null,
      isFinal ? payment.completedAt : null,
      isFinal ? null : new Date(),
    ],
  );
  return { ...payment, orderId: `order-${payment.paymentId}` };
}

const run = async (changes: Partial<ReindexOptions> = {}) =>
  await reindex({
    payments: auditor,
    documents,
    recordCutOff: (before) => recordReindexCutOff(elasticsearch, { before, alias: names.alias }),
    onProgress: () => undefined,
    signal: new AbortController().signal,
    ...changes,
  });

/** All documents of the index, by id. */
async function everything() {
  await elasticsearch.indices.refresh({ index: names.alias });
  const { hits } = await elasticsearch.search({
    index: names.alias,
    size: 1_000,
    version: true,
    seq_no_primary_term: true,
  });
  return hits.hits.toSorted((one, other) => one._id!.localeCompare(other._id!));
}

it.each([
  ['that end in the middle', 10],
  ['that end with the last payment', 5],
])('writes every completed payment and no other, in pages %s', async (_, pageSize) => {
  const payments: PaymentCompleted[] = [];
  for (let count = 0; count < 25; count += 1) payments.push(await store(aPayment()));
  await store(aPayment(), 'PENDING');
  await store(aPayment(), 'UNKNOWN');
  const progress: number[] = [];
  const onProgress = ({ written }: { written: number }) => void progress.push(written);
  const result = await run({ pageSize, onProgress });
  expect(result).toMatchObject({ total: 25, written: 25, failed: 0 });
  expect(progress.slice(0, 2)).toEqual([pageSize, 2 * pageSize]);
  // The same documents and versions as the search service writes.
  expect((await everything()).map(({ _source, _version }) => [_source, _version])).toEqual(
    payments
      .toSorted((one, other) => one.paymentId.localeCompare(other.paymentId))
      .map((payment) => [documentOf(payment), payment.paymentVersion]),
  );
});

it('changes nothing when it runs again, and no document that the search service wrote first', async () => {
  const [first, second] = [await store(aPayment()), await store(aPayment())];
  await documents.write([documentOf(first)]);
  await expect(run()).resolves.toMatchObject({ written: 1, present: 1 });
  const before = await everything();
  await expect(run()).resolves.toMatchObject({ written: 0, present: 2 });
  await expect(everything()).resolves.toEqual(before);
  await expect(documents.write([documentOf(second)])).resolves.toMatchObject([
    { value: 'duplicate' },
  ]);
});

it('records first which documents may be out of order, and writes no others', async () => {
  const early = await store(aPayment({ completedAt: '2026-11-20T10:00:00.000Z' }));
  const late = aPayment({ completedAt: '2026-11-20T10:00:00.001Z' });
  await run({
    recordCutOff: async (before) => {
      await recordReindexCutOff(elasticsearch, { before, alias: names.alias });
      await expect(everything()).resolves.toEqual([]);
      // Completed after the cut-off: its event reaches the search service.
      await store(late);
    },
  });
  const mappings = await elasticsearch.indices.getMapping({ index: names.alias });
  expect(mappings[names.index]?.mappings._meta).toEqual({ reindexedBefore: late.completedAt });
  expect((await everything()).map(({ _id }) => _id)).toEqual([early.paymentId]);
});

it('names a document that differs from its payment, and leaves it', async () => {
  const payment = await store(aPayment());
  const forged = { ...documentOf(payment), amountMinor: 1 };
  await documents.write([forged]);
  await expect(run()).resolves.toMatchObject({
    failed: 1,
    failures: [{ paymentId: payment.paymentId, error: { name: 'IdempotencyCollision' } }],
  });
  expect((await everything())[0]?._source).toEqual(forged);
});

it('creates a missing index, and a missing alias without touching its index', async () => {
  const payment = await store(aPayment());
  await elasticsearch.indices.delete({ index: names.index });
  await expect(ensurePaymentsIndex(elasticsearch, names)).resolves.toBe('created');
  await run();
  await elasticsearch.indices.deleteAlias({ index: names.index, name: names.alias });
  await expect(ensurePaymentsIndex(elasticsearch, names)).resolves.toBe('created');
  await expect(ensurePaymentsIndex(elasticsearch, names)).resolves.toBe('present');
  expect((await everything()).map(({ _id }) => _id)).toEqual([payment.paymentId]);
});

it('retries what the server refuses for now, and stops after six tries', async () => {
  const payment = await store(aPayment());
  const waits: number[] = [];
  const wait = async (ms: number) => void waits.push(ms);
  let refusals = 2;
  const busy = {
    write: async (page: never[]) => {
      if (refusals-- > 0) throw new RefusedForNow('elasticsearch', 429);
      return await documents.write(page);
    },
  } as unknown as PaymentDocuments;
  await expect(run({ documents: busy, wait })).resolves.toMatchObject({ written: 1, failed: 0 });
  expect(waits).toEqual([500, 1_000]);
  expect((await everything()).map(({ _id }) => _id)).toEqual([payment.paymentId]);
  refusals = Infinity;
  await expect(run({ documents: busy, wait })).rejects.toMatchObject({ name: 'RefusedForNow' });
});

it('waits until Elasticsearch forgets that documents were deleted, and writes them', async () => {
  const payment = await store(aPayment());
  const remember = (gc_deletes: string) =>
    elasticsearch.indices.putSettings({ index: names.index, settings: { index: { gc_deletes } } });
  await remember('1h');
  await run();
  // As an operator does it: without a version, so the deletion gets the next one.
  await elasticsearch.delete({ index: names.index, id: payment.paymentId });
  let waitedMs = 0;
  const wait = async (ms: number) => {
    waitedMs += ms;
    // With the default, Elasticsearch forgets after a minute.
    if (waitedMs >= 60_000) await remember('0s');
  };
  const waitsFor: number[] = [];
  const onDeletions = (documents: number) => void waitsFor.push(documents);
  await expect(run({ wait, onDeletions })).resolves.toMatchObject({ written: 1, failed: 0 });
  expect(new Set(waitsFor)).toEqual(new Set([1]));
  await expect(everything()).resolves.toMatchObject([
    { _id: payment.paymentId, _version: payment.paymentVersion },
  ]);
});

it('names index.gc_deletes when deletions are remembered for longer than it waits', async () => {
  const payment = await store(aPayment());
  const settings = { index: { gc_deletes: '1h' } };
  await elasticsearch.indices.putSettings({ index: names.index, settings });
  await run();
  await elasticsearch.delete({ index: names.index, id: payment.paymentId });
  await expect(run({ wait: async () => undefined })).rejects.toThrow('index.gc_deletes');
});

it('stops between two pages when it is interrupted, and can run again', async () => {
  for (let count = 0; count < 6; count += 1) await store(aPayment());
  const interrupt = new AbortController();
  const stopped = run({
    pageSize: 2,
    signal: interrupt.signal,
    onProgress: () => interrupt.abort(new Error('Ctrl-C')),
  });
  await expect(stopped).rejects.toThrow('Ctrl-C');
  await expect(everything()).resolves.toHaveLength(2);
  await expect(run()).resolves.toMatchObject({ written: 4, present: 2 });
});
