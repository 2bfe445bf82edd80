import { semantics } from './semantics.js';
import { runSmall } from '../process/testing/run-small.js';

it('commit first loses, effect first doubles, and an inbox does neither when a kill hits the window', async () => {
  const { figures, broken } = await runSmall(semantics);
  expect(broken).toEqual([]);
  // The redelivery happened, or the inbox had nothing to absorb.
  expect(figures['effect first: doubled']).toBeGreaterThan(0);
});
