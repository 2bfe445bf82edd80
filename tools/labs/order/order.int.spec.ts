import { runSmall } from '../process/testing/run-small.js';
import { order } from './order.js';

it('a random key, added partitions and a retry topic reorder; one key, one partition and lanes do not', async () => {
  const { broken } = await runSmall(order);
  expect(broken).toEqual([]);
});
