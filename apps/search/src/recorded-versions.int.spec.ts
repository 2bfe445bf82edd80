import { Client } from '@elastic/elasticsearch';
import type { DecodedEvent } from '@effectively-once/contracts';
import { everyRecordedVersion } from '@effectively-once/contracts/recordings';
import { Circuit, paymentCompletedDecoder } from '@effectively-once/delivery';
import { testAddresses } from '@effectively-once/testing';
import { PAYMENTS_ALIAS } from './elasticsearch/payments-index.js';
import { IndexPayment } from './index-payment.js';
import { PaymentCompletedConsumer } from './payment-completed.consumer.js';
import { SearchIdempotency } from './search.idempotency.js';

let elasticsearch: Client;
let circuit: Circuit;
let consumer: PaymentCompletedConsumer;

beforeAll(() => {
  elasticsearch = new Client({ node: testAddresses().ELASTICSEARCH_URL, maxRetries: 0 });
  circuit = new Circuit({ dependency: 'elasticsearch', probe: async () => undefined });
  const strategy = new SearchIdempotency(elasticsearch, { elasticsearch: circuit });
  consumer = new PaymentCompletedConsumer(strategy, new IndexPayment());
});
// The tests share the index of the system, so their documents would have no payment. Delete them.
afterAll(async () => {
  circuit.close();
  const ids = everyRecordedVersion().map(({ record }) => String(record.headers['ce_subject']));
  const operations = ids.map((id) => ({ delete: { _id: id } }));
  await elasticsearch.bulk({ index: PAYMENTS_ALIAS, operations });
  await elasticsearch.close();
});

it.each(everyRecordedVersion())(
  'the recorded bytes of version $version make their document once',
  async ({ record }) => {
    const deliver = async () =>
      await consumer.onPaymentCompleted(paymentCompletedDecoder.decode(record) as DecodedEvent);
    await expect(deliver()).resolves.toBe('applied');
    await expect(deliver()).resolves.toBe('duplicate');
    const id = String(record.headers['ce_subject']);
    const { _source, _version } = await elasticsearch.get({ index: PAYMENTS_ALIAS, id });
    expect(_source).toMatchObject({
      paymentId: id,
      userId: 'alice',
      status: 'COMPLETED',
      amountMinor: 1299,
      currency: 'EUR',
    });
    expect(_version).toBe(2);
  },
);
