import fc from 'fast-check';
import {
  COUNTS_MAX,
  decodeMetadata,
  emptyMetadata,
  encodeMetadata,
  METADATA_BYTES_MAX,
  type OffsetMetadata,
} from './offset-metadata.js';

const offset = fc.bigInt({ min: 0n, max: 2n ** 62n });
const counts = fc
  .array(fc.tuple(offset, fc.integer({ min: 1, max: 9 })), { maxLength: COUNTS_MAX })
  .map((entries) => new Map(entries));
const someMetadata: fc.Arbitrary<OffsetMetadata> = fc.record(
  {
    attempts: counts,
    deaths: fc.constant(new Map([[7n, 2]])),
    takeovers: fc.nat(5),
    owner: fc.uuid(),
    isolatedBelow: offset,
    runsAlone: offset,
  },
  { requiredKeys: ['attempts', 'deaths', 'takeovers'] },
);

it('decodes what it encoded', () => {
  fc.assert(
    fc.property(someMetadata, (metadata) =>
      expect(decodeMetadata(encodeMetadata(metadata))).toEqual(metadata),
    ),
  );
});

it('keeps the lowest offsets when there are more than 50 counts', () => {
  const attempts = new Map(Array.from({ length: 80 }, (_, n) => [BigInt(1_000 - n), 1]));
  const kept = decodeMetadata(encodeMetadata({ ...emptyMetadata(), attempts })).attempts;
  expect([...kept.keys()].sort()).toEqual([...attempts.keys()].reverse().slice(0, 50).sort());
});

it('never exceeds 3,000 bytes, and keeps the lowest offsets that fit', () => {
  const long = (from: bigint) =>
    new Map(Array.from({ length: 60 }, (_, n) => [from + BigInt(n), 1_000_000_000_000_000]));
  const [attempts, deaths] = [long(10n ** 18n), long(10n ** 18n)];
  const text = encodeMetadata({ ...emptyMetadata(), attempts, deaths });
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(METADATA_BYTES_MAX);
  const kept = [...decodeMetadata(text).attempts.keys()];
  expect(kept.length).toBeGreaterThan(10);
  expect(kept).toEqual([...attempts.keys()].slice(0, kept.length));
});

it.each([
  ['none', null],
  ['an empty one', ''],
  ['another program’s', 'hello'],
  ['a later version’s', '{"v":2,"a":{"1":1}}'],
  ['a damaged one', '{"v":1,"a":{"x":1}}'],
])('takes %s for empty metadata', (_, text) => {
  expect(decodeMetadata(text)).toEqual(emptyMetadata());
});
