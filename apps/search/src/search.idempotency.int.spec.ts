import { Client, errors, type estypes } from '@elastic/elasticsearch';
import type { PaymentCompleted } from '@effectively-once/contracts';
import { Circuit } from '@effectively-once/delivery';
import { aPayment, provesIdempotency } from '@effectively-once/delivery/testing';
import { testAddresses } from '@effectively-once/testing';
import { PAYMENTS_ALIAS } from './elasticsearch/payments-index.js';
import { IndexPayment } from './index-payment.js';
import { SearchIdempotency, type VersionedDocument } from './search.idempotency.js';

type Store = Pick<Client, 'bulk' | 'mget'>;

let elasticsearch: Client;
const written = new Set<string>();
const circuits: Circuit[] = [];
const indexPayment = new IndexPayment();

beforeAll(() => {
  elasticsearch = new Client({ node: testAddresses().ELASTICSEARCH_URL, maxRetries: 0 });
});
// The tests share the index of the system, so their documents would have no payment. Delete them.
afterAll(async () => {
  circuits.forEach((circuit) => circuit.close());
  const operations = [...written].map((id) => ({ delete: { _id: id } }));
  await elasticsearch.bulk({ index: PAYMENTS_ALIAS, operations });
  await elasticsearch.close();
});

/** The strategy of another process of the app. */
function strategyOver(store: Store): SearchIdempotency {
  const circuit = new Circuit({ dependency: 'elasticsearch', probe: async () => undefined });
  circuits.push(circuit);
  return new SearchIdempotency(store as Client, { elasticsearch: circuit });
}

const effect = async (payment: PaymentCompleted, document: VersionedDocument) => {
  written.add(payment.paymentId);
  await indexPayment.run(payment, document);
};

const index = (strategy: SearchIdempotency, payment: PaymentCompleted) =>
  strategy.once(payment, (document) => effect(payment, document));

async function stored({ paymentId }: PaymentCompleted) {
  const [doc] = (await elasticsearch.mget({ index: PAYMENTS_ALIAS, ids: [paymentId] })).docs;
  return doc as estypes.GetGetResult;
}

const outcomes = (settled: PromiseSettledResult<unknown>[]) =>
  settled.map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as Error).name));

/** A fake Elasticsearch that answers every item of a request with this status. */
const answering = (status: number): Store =>
  ({
    bulk: async ({ operations = [] }: estypes.BulkRequest) => ({
      errors: true,
      items: operations.slice(operations.length / 2).map(() => ({ index: { status } })),
    }),
  }) as unknown as Store;

describe('the contract of every strategy', () => {
  provesIdempotency({
    strategy: () => strategyOver(elasticsearch),
    effect,
    timesDone: async (payment) => ((await stored(payment)).found ? 1 : 0),
    // The sequence number grows with every change, so an equal one proves that nothing was written.
    kept: async (payment) => await stored(payment),
    deaths: [
      {
        at: 'before the write',
        deliver: (payment, dies) => strategyOver(elasticsearch).once(payment, dies),
      },
      {
        at: 'before the answer to the write',
        deliver: async (payment, dies) => {
          const bulk = async (request: estypes.BulkRequest) => {
            await elasticsearch.bulk(request);
            return await dies();
          };
          await index(strategyOver({ bulk } as unknown as Store), payment);
        },
      },
      {
        at: 'after the write',
        deliver: (payment, dies) =>
          strategyOver(elasticsearch).once(payment, async (document) => {
            await effect(payment, document);
            await dies();
          }),
      },
    ],
  });
});

it('an old version does not overwrite a newer one', async () => {
  const strategy = strategyOver(elasticsearch);
  const payment = aPayment({ paymentVersion: 3 });
  await index(strategy, payment);
  await expect(index(strategy, { ...payment, paymentVersion: 2 })).resolves.toBe('duplicate');
  await expect(stored(payment)).resolves.toMatchObject({
    _version: 3,
    _source: { paymentVersion: 3, status: 'COMPLETED' },
  });
});

describe('many documents in one request', () => {
  it('the documents of 200 lanes make one request, which creates no index and waits for no refresh', async () => {
    const requests: estypes.BulkRequest[] = [];
    const bulk = async (request: estypes.BulkRequest) => {
      requests.push(request);
      return await elasticsearch.bulk(request);
    };
    const strategy = strategyOver({ bulk } as unknown as Store);
    await Promise.all(Array.from({ length: 200 }, () => index(strategy, aPayment())));
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ require_alias: true, refresh: false });
  });

  it('one invalid document fails alone, and the other 199 are written', async () => {
    const strategy = strategyOver(elasticsearch);
    const payments = Array.from({ length: 200 }, () => aPayment());
    payments[77] = { ...payments[77]!, amountMinor: 'a lot' as never };
    const settled = await Promise.allSettled(payments.map((payment) => index(strategy, payment)));
    expect(outcomes(settled)).toEqual(
      payments.map((_, place) => (place === 77 ? 'PermanentFailure' : 'applied')),
    );
    const ids = payments.map(({ paymentId }) => paymentId);
    const { docs } = await elasticsearch.mget({ index: PAYMENTS_ALIAS, ids });
    expect(docs.map((doc) => 'found' in doc && doc.found)).toEqual(
      payments.map((_, place) => place !== 77),
    );
  });

  it('the same payment twice in one request: the first is written, the second compared with it', async () => {
    const strategy = strategyOver(elasticsearch);
    const [twice, forged] = [aPayment(), aPayment()];
    const settled = await Promise.allSettled(
      [twice, forged, twice, { ...forged, amountMinor: 1 }].map((one) => index(strategy, one)),
    );
    expect(outcomes(settled)).toEqual(['applied', 'applied', 'duplicate', 'IdempotencyCollision']);
    await expect(stored(forged)).resolves.toMatchObject({ _source: { amountMinor: 1299 } });
  });

  it('processes that write the same documents at the same time write each once', async () => {
    const processes = Array.from({ length: 3 }, () => strategyOver(elasticsearch));
    for (let round = 0; round < 5; round += 1) {
      const payments = Array.from({ length: 100 }, () => aPayment());
      const all = processes.flatMap((strategy) => payments.map((one) => index(strategy, one)));
      const applied = (await Promise.all(all)).filter((outcome) => outcome === 'applied');
      expect(applied).toHaveLength(payments.length);
    }
  });

  it.each([
    [400, 'PermanentFailure'],
    [429, 'DependencyDown'],
    [401, 'DependencyDown'],
    [403, 'DependencyDown'],
    [404, 'DependencyDown'],
    [503, 'DependencyDown'],
  ])('a document answered with %i is a %s', async (status, name) => {
    await expect(index(strategyOver(answering(status)), aPayment())).rejects.toMatchObject({
      name,
    });
  });

  it('a refused request is not a failure of its documents', async () => {
    const refused = new errors.ResponseError({
      statusCode: 400,
      body: {},
      headers: {},
      warnings: null,
      meta: {} as never,
    });
    const strategy = strategyOver({ bulk: () => Promise.reject(refused) } as unknown as Store);
    await expect(index(strategy, aPayment())).rejects.toMatchObject({ name: 'DependencyDown' });
  });
});

describe('an Elasticsearch that fails', () => {
  it('unreachable, it is a dependency that is down, and the circuit opens', async () => {
    const gone = new Client({ node: 'http://127.0.0.1:1', maxRetries: 0 });
    await expect(index(strategyOver(gone), aPayment())).rejects.toMatchObject({
      name: 'DependencyDown',
      dependency: 'elasticsearch',
    });
    expect(circuits.at(-1)?.reading).toBe('open');
    await gone.close();
  });

  it('one timeout counts as an attempt; timeouts of three users open the circuit', async () => {
    const slow = { bulk: () => Promise.reject(new errors.TimeoutError('slow')) };
    const strategy = strategyOver(slow as unknown as Store);
    const users = ['alice', 'alice', 'bob', 'carol'].map((userId) => aPayment({ userId }));
    for (const payment of users) {
      expect(circuits.at(-1)?.reading).toBe('closed');
      await expect(index(strategy, payment)).rejects.toMatchObject({ name: 'TimeoutError' });
    }
    expect(circuits.at(-1)?.reading).toBe('open');
  });
});
