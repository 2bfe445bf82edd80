import { honestFacts } from './facts.fixture.js';
import { storeEvidence } from './store-evidence.js';

const tableOf = (name: string, facts = honestFacts()) =>
  storeEvidence(facts).find(({ store }) => store === name)?.records;

it('a group that has committed nothing has no offset, and not -1', () => {
  const group = { committed: new Map([[3, 8n]]), redriveCommitted: new Map([[3, -1n]]) };
  const offsets = { email: group, loyalty: group, search: group };
  expect(tableOf('committed offsets', honestFacts({ offsets }))?.[0]).toEqual({
    group: 'email',
    partition: '3',
    committed: '8',
    redrives: null,
  });
});

it('shows no address, no idempotency key and no token', () => {
  expect(JSON.stringify(storeEvidence(honestFacts()))).not.toMatch(/@|idempotencyKey"|eyJ/);
});
