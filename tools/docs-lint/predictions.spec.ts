import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DELIVERY_POINTS } from '@effectively-once/delivery';
import { CHECKOUT_POINTS } from '@effectively-once/payments/failure-points';
import { FAULT_DEFINITIONS, PREDICTIONS } from '@effectively-once/scenarios';
import { repositoryRoot } from '../repository-root.js';
import { hasTest } from './test-titles.fixture.js';

const rows = readFileSync(join(repositoryRoot, 'docs/guarantees.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.slice(2, -2).split(' | '));

it.each(Object.values(PREDICTIONS))(
  'what the page predicts is a row of docs/guarantees.md, word for word: $guarantee',
  ({ guarantee, sees, because, test }) => {
    const row = rows.find(([first]) => first === guarantee);
    expect(row?.slice(0, 3)).toEqual([guarantee, sees, because]);
    expect(row?.[3]).toContain(`\`${test.file}\``);
    expect(row?.[3]).toContain(`“${test.title}”`);
    expect(hasTest(test.file, test.title)).toBe(true);
  },
);

it('every prediction belongs to something that can be broken', () => {
  const used = new Set<string>(FAULT_DEFINITIONS.map(({ prediction }) => prediction));
  expect(Object.keys(PREDICTIONS).filter((name) => !used.has(name))).toEqual([]);
});

it('every failure point that the page offers is in the code', () => {
  const known = new Set<string>([...CHECKOUT_POINTS, ...DELIVERY_POINTS]);
  const offered = FAULT_DEFINITIONS.flatMap(({ points = [] }) => points);
  expect(offered.filter((point) => !known.has(point))).toEqual([]);
});

it('every fault has one name on its card', () => {
  const names = FAULT_DEFINITIONS.map(({ target, name }) => `${target} ${name}`);
  expect(new Set(names).size).toBe(names.length);
});
