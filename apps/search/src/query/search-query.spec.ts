import { decodeCursor, encodeCursor, readSearchQuery } from './search-query.js';

const faults = (read: () => unknown) => {
  try {
    read();
  } catch (error) {
    return (error as { members: { errors: { pointer: string }[] } }).members.errors;
  }
  return undefined;
};

it.each([
  'from=2026-01-01T00:00:00+19:00',
  'to=2026-01-01T00:00:00-18:01',
  'from=2026-02-30',
  'to=yesterday',
  'from=2026-01-01T00:00:00',
  'userId=a@b.c',
  'userId=..',
  'currency=eur',
  'minAmountMinor=1.5',
  'maxAmountMinor=-1',
  'status=PAID',
  'page=2',
  'q=a&q=b',
])('%s is refused, and named', (text) => {
  const parameters: Record<string, unknown> = {};
  const search = new URLSearchParams(text.replace('+', '%2B'));
  for (const name of search.keys()) {
    const values = search.getAll(name);
    parameters[name] = values.length > 1 ? values : values[0];
  }
  const [name] = search.keys();
  expect(faults(() => readSearchQuery(parameters))?.[0]?.pointer).toBe(`/${name}`);
});

it.each([
  ['2026-01-01T00:00:00+18:00', '2025-12-31T06:00:00.000Z'],
  ['2026-01-01T00:00:00.123456789012Z', '2026-01-01T00:00:00.123Z'],
  ['2026-01-01t00:00:00z', '2026-01-01T00:00:00.000Z'],
  ['0000-01-01T00:00:00+00:01', '0000-01-01T00:00:00.000Z'],
  ['9999-12-31T23:59:59-00:01', '9999-12-31T23:59:59.999Z'],
  // A day stays a day: Elasticsearch takes its last moment as the end of a range.
  ['2026-01-01', '2026-01-01'],
])('the time %s reaches Elasticsearch as %s', (from, asked) => {
  expect(readSearchQuery({ from })).toEqual({ from: asked });
});

it.each([
  ['a number that is no time', [1e300, '0198c0de-0000-7000-8000-000000000001']],
  ['no payment id', [1, 'a']],
  ['no list', 5],
])('a cursor with %s is refused', (_, values) => {
  expect(faults(() => decodeCursor(encodeCursor(values)))?.[0]?.pointer).toBe('/cursor');
});
