import { runSmall } from '../process/testing/run-small.js';
import { dedupWindow } from './dedup-window.js';

it('a redelivery older than its marker doubles, and a window from the observed ages doubles none', async () => {
  const { broken } = await runSmall(dedupWindow);
  expect(broken).toEqual([]);
});
