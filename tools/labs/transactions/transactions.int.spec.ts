import { runSmall } from '../process/testing/run-small.js';
import { transactions } from './transactions.js';

it('a transaction counts once under kill -9, and a row outside Kafka doubles all the same', async () => {
  const { figures, broken } = await runSmall(transactions);
  expect(broken).toEqual([]);
  // The plain service was killed in the same window, or the comparison proves nothing.
  expect(figures['outputs first: counted too many']).toBeGreaterThan(0);
});
