import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasTest } from '../docs-lint/test-titles.fixture.js';
import { repositoryRoot } from '../repository-root.js';
import { withoutGuard } from './mutant.js';
import { GUARDS } from './mutants.js';

// `npm run test:guards` shows that each can fail; this, in seconds, that the table still fits the code.
describe.each(GUARDS.map((guard) => [guard.removing, guard] as const))('%s', (_, guard) => {
  it('can be brought about: the text stands in its file, once', () => {
    const content = readFileSync(join(repositoryRoot, guard.file), 'utf8');
    expect(withoutGuard(guard, content)).not.toBe(content);
  });

  it('is noticed by a test that exists', () => {
    expect(existsSync(join(repositoryRoot, guard.test.file))).toBe(true);
    expect(hasTest(guard.test.file, guard.test.title)).toBe(true);
  });
});

it('knows a guard that is gone from one that stands there twice', () => {
  const guard = { ...GUARDS[0]!, file: 'some.ts', text: 'await', replacement: '' };
  expect(withoutGuard(guard, 'await it')).toBe(' it');
  expect(() => withoutGuard(guard, 'it')).toThrow("some.ts has the guard's text 0 times");
  expect(() => withoutGuard(guard, 'await await')).toThrow('2 times');
});

it('describes each guard once', () => {
  const described = GUARDS.map(({ removing }) => removing);
  expect(new Set(described).size).toBe(described.length);
});
