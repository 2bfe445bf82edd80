import { runSmall } from '../process/testing/run-small.js';
import { zombie } from './zombie.js';

it('a zombie doubles its effect, unless the store of the effect stops it', async () => {
  const { broken } = await runSmall(zombie);
  expect(broken).toEqual([]);
});
