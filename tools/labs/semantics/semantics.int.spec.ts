import { semantics } from './semantics.js';
import { runSmall } from '../process/testing/run-small.js';

it('commit first loses, effect first doubles, an inbox does neither, and of our consumers only email doubles, with evidence', async () => {
  const { figures, broken } = await runSmall(semantics);
  expect(broken).toEqual([]);
  // The redelivery happened, or the inbox had nothing to absorb.
  expect(figures['effect first: doubled']).toBeGreaterThan(0);
});
