import { Client } from '@elastic/elasticsearch';
import { jest } from '@jest/globals';
import { damaged, sql, violations } from './damage.js';
import { at, checkout, findings, newId } from './system-under-test.js';

// Every test audits at least twice.
jest.setTimeout(120_000);

const elasticsearch = new Client({ node: at.ELASTICSEARCH_URL });
const index = 'payments';
/** Two payments of one user, in commit order. */
let [first, second]: [string, string] = ['', ''];

beforeAll(async () => {
  const customer = newId('in-order');
  first = (await checkout({ userId: customer })).json['id'] as string;
  second = (await checkout({ userId: customer })).json['id'] as string;
  await expect(findings()).resolves.toEqual([]);
});
afterAll(() => elasticsearch.close());

afterEach(async () => {
  // Damage left unrepaired would be a violation in the next story.
  await expect(violations().then((found) => Object.values(found).flat())).resolves.toEqual([]);
});

it('I9 names a payment awarded its points before an earlier one of its user', async () => {
  // Each call swaps the times of the two entries.
  const swap = () =>
    sql(
      'loyalty',
      `UPDATE loyalty.points_entries entry SET awarded_at = other.awarded_at
         FROM loyalty.points_entries other
        WHERE entry.payment_id IN ($1, $2) AND other.payment_id IN ($1, $2)
          AND entry.payment_id <> other.payment_id`,
      [first, second],
    );
  const found = await damaged(swap, swap);
  expect(found['I9']).toEqual([
    {
      id: second,
      kind: 'other',
      why: expect.stringMatching(`was awarded its points before ${first} at`),
    },
  ]);
});

it('I9 names a payment indexed before an earlier one of its user', async () => {
  const writeAgain = async (id: string) => {
    const { _source: document, _version: version = 0 } = await elasticsearch.get({ index, id });
    await elasticsearch.index({ index, id, document, version, version_type: 'external_gte' });
  };
  const found = await damaged(
    () => writeAgain(first),
    () => writeAgain(second),
  );
  expect(found['I9']).toEqual([
    { id: second, kind: 'other', why: expect.stringMatching(`was indexed before ${first} at`) },
  ]);
});

it('I9 names a payment mailed before an earlier one of its user', async () => {
  // The provider's journal is append-only and not ours. So the auditor reads it in reverse order.
  const found = await violations((stores) => ({
    receipts: (take) => {
      const other = new Map([
        [first, second],
        [second, first],
      ]);
      return stores.receipts(({ paymentId, ...receipt }) =>
        take({ ...receipt, paymentId: other.get(paymentId) ?? paymentId }),
      );
    },
  }));
  expect(found['I9']).toEqual([
    {
      id: second,
      kind: 'other',
      why: expect.stringMatching(`was mailed its receipt before ${first} at`),
    },
  ]);
});
