import { runSmall } from '../process/testing/run-small.js';
import { poison } from './poison.js';

it('a bad record stops the stock transport, a retry topic reorders, and lanes do neither', async () => {
  const { broken } = await runSmall(poison);
  expect(broken).toEqual([]);
});
