import { randomUUID } from 'node:crypto';
import { Client } from '@elastic/elasticsearch';
import type { PaymentCompleted } from '@effectively-once/contracts';
import { IdempotencyCollision } from '@effectively-once/delivery';
import { testAddresses } from '@effectively-once/testing';
import { IndexPayment } from './index-payment.js';
import { PAYMENTS_ALIAS } from './payments-index.js';
import { SearchIdempotency } from './search.idempotency.js';

let elasticsearch: Client;
let strategy: SearchIdempotency;
const indexPayment = new IndexPayment();
const written: string[] = [];

beforeAll(() => {
  elasticsearch = new Client({ node: testAddresses().ELASTICSEARCH_URL, maxRetries: 0 });
  strategy = new SearchIdempotency(elasticsearch);
});
// The index is the system's own: what these tests wrote would be documents without a payment.
afterAll(async () => {
  for (const id of written) await elasticsearch.delete({ index: PAYMENTS_ALIAS, id });
  await elasticsearch.close();
});

function aPayment(changes: Partial<PaymentCompleted> = {}): PaymentCompleted {
  const paymentId = randomUUID();
  written.push(paymentId);
  return {
    paymentId,
    orderId: 'o-1',
    userId: 'alice',
    amountMinor: 1299,
    currency: 'EUR',
    completedAt: '2026-11-20T10:00:00.000Z',
    paymentVersion: 2,
    ...changes,
  };
}

const index = (payment: PaymentCompleted) =>
  strategy.once(payment, (document) => indexPayment.run(payment, document));

async function stored({ paymentId }: PaymentCompleted) {
  return await elasticsearch.get({ index: PAYMENTS_ALIAS, id: paymentId });
}

it('indexes once under the version of the payment; a repeat is a success that changes nothing', async () => {
  const payment = aPayment();
  await expect(index(payment)).resolves.toBe('applied');
  const before = await stored(payment);
  await expect(index(payment)).resolves.toBe('duplicate');
  await expect(stored(payment)).resolves.toEqual(before);
  expect(before).toMatchObject({ _version: 2, _source: { status: 'COMPLETED' } });
});

it('an old version that comes after a newer one does not win', async () => {
  const payment = aPayment({ paymentVersion: 3 });
  await index(payment);
  await expect(index({ ...payment, paymentVersion: 2 })).resolves.toBe('duplicate');
  await expect(stored(payment)).resolves.toMatchObject({ _version: 3 });
});

it.each([{ amountMinor: 1 }, { userId: 'mallory' }, { currency: 'USD' }])(
  'the same payment with another %o is a collision, and changes nothing',
  async (change) => {
    const payment = aPayment();
    await index(payment);
    await expect(index({ ...payment, ...change })).rejects.toBeInstanceOf(IdempotencyCollision);
    await expect(stored(payment)).resolves.toMatchObject({ _source: { amountMinor: 1299 } });
  },
);

it('a document that Elasticsearch cannot take is refused for good', async () => {
  const payment = aPayment();
  written.pop();
  const refused = strategy.once(payment, (document) =>
    document.write({ amountMinor: 'a lot' } as never),
  );
  await expect(refused).rejects.toMatchObject({ code: 'DocumentRefused' });
});

it('an Elasticsearch that is gone is a dependency that is down', async () => {
  const gone = new Client({ node: 'http://127.0.0.1:1', maxRetries: 0 });
  const payment = aPayment();
  written.pop();
  const blind = new SearchIdempotency(gone).once(payment, (document) =>
    indexPayment.run(payment, document),
  );
  await expect(blind).rejects.toMatchObject({
    name: 'DependencyDown',
    dependency: 'elasticsearch',
  });
});
