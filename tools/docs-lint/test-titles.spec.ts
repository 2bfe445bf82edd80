import { hasTest, titlesIn } from './test-titles.fixture.js';

it('finds a test by its exact title, wherever it is nested', () => {
  const file = 'tools/run.spec.ts';
  expect(hasTest(file, 'a second run neither installs nor builds')).toBe(true);
  expect(hasTest(file, 'the second time')).toBe(false);
  expect(titlesIn("describe('a', () => { it('b', f); });")).toEqual([/^b$/]);
});

it('finds a test whose title is made at run time, by what is written of it', () => {
  const file = 'tools/docs-lint/import-boundaries.spec.ts';
  expect(hasTest(file, 'apps/email/src/send-receipt.ts may not import pg')).toBe(true);
  expect(hasTest(file, 'apps/email/src/send-receipt.ts must not import pg')).toBe(false);
  expect(titlesIn('it(`${one} is`, f); it.each(t)("$two %s", f)')).toEqual([/^.+ is$/, /^.+ .+$/]);
});

it('knows the sentences of the contract that a strategy is held to', () => {
  const file = 'apps/loyalty/src/loyalty.idempotency.int.spec.ts';
  expect(hasTest(file, 'an event delivered many times at once is applied once')).toBe(true);
  expect(hasTest(file, 'an event is applied twice')).toBe(false);
});

it('does not count a test that is skipped, or not written yet', () => {
  expect(titlesIn("it.skip('a', f); it.todo('b'); test.skip.each(t)('c', f);")).toEqual([]);
});
