import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasTest } from '../docs-lint/test-titles.fixture.js';
import { repositoryRoot } from '../repository-root.js';
import { withMutation } from './mutant.js';
import { MUTANTS } from './mutants.js';

// `npm run test:guards` runs the mutants. This spec only checks, in seconds, that they fit the
// code.
describe.each(MUTANTS.map((mutant) => [mutant.mutation, mutant] as const))('%s', (_, mutant) => {
  it('its text occurs exactly once in its file', () => {
    const content = readFileSync(join(repositoryRoot, mutant.file), 'utf8');
    expect(withMutation(mutant, content)).not.toBe(content);
  });

  it('its test exists', () => {
    expect(existsSync(join(repositoryRoot, mutant.test.file))).toBe(true);
    expect(hasTest(mutant.test.file, mutant.test.title)).toBe(true);
    // Jest reports the title of one row. With a placeholder in it, no test would be found to run.
    expect(mutant.test.title).not.toMatch(/%[sdijo]|\$\w/);
  });
});

it('tells a missing text from a text that occurs twice', () => {
  const mutant = { ...MUTANTS[0]!, file: 'some.ts', text: 'await', replacement: '' };
  expect(withMutation(mutant, 'await it')).toBe(' it');
  expect(() => withMutation(mutant, 'it')).toThrow("some.ts has the mutant's text 0 times");
  expect(() => withMutation(mutant, 'await await')).toThrow('2 times');
});

it('each description is unique', () => {
  const described = MUTANTS.map(({ mutation: removing }) => removing);
  expect(new Set(described).size).toBe(described.length);
});
