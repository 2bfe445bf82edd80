import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { Deal } from './partitioned-spill.js';

/** Enough of one key that most of them are on the disk. */
const MANY = 1_000;

async function dealt(bucketCount: number, keys: string[]) {
  const deal = new Deal<{ key: string; n: bigint }>(bucketCount);
  // All at once, as several readers do.
  await Promise.all(keys.map(async (key, n) => await deal.put(key, { key, n: BigInt(n) })));
  const buckets: { key: string; n: bigint }[][] = [];
  for await (const bucket of deal.buckets()) buckets.push(bucket);
  await deal.close();
  return buckets;
}

describe('facts dealt into buckets', () => {
  it('come back once each, those of one key together and in order', async () => {
    const anyKeys = fc.array(fc.string({ maxLength: 3 }), { maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 9 }), anyKeys, async (bucketCount, keys) => {
        const many = keys.flatMap((key) => Array.from({ length: MANY / 50 }, () => key));
        const buckets = await dealt(bucketCount, many);
        expect(buckets).toHaveLength(bucketCount);
        for (const key of new Set(many)) {
          const holders = buckets.filter((bucket) => bucket.some((fact) => fact.key === key));
          expect(holders).toHaveLength(1);
          const numbers = holders[0]!.filter((fact) => fact.key === key).map(({ n }) => n);
          expect(numbers).toEqual(many.flatMap((other, n) => (other === key ? BigInt(n) : [])));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('are spread evenly when the keys are ids', async () => {
    const ids = Array.from({ length: MANY * 4 }, () => crypto.randomUUID());
    const sizes = (await dealt(4, ids)).map(({ length }) => length);
    expect(Math.max(...sizes)).toBeLessThan(2 * Math.min(...sizes));
  });

  it('leave nothing on the disk, even while they are there', async () => {
    const ours = () => readdirSync(tmpdir()).filter((name) => name.startsWith(PREFIX));
    const before = ours();
    const deal = new Deal<number>(1);
    for (let n = 0; n < MANY; n++) await deal.put('key', n);
    expect(ours()).toEqual(before);
    await deal.close();
  });

  it('a full disk is named as what it is, not as the store that was being read', async () => {
    const deal = new Deal<unknown>(1);
    const unwritable = () => undefined;
    const putMany = async () => {
      for (let n = 0; n < MANY; n++) await deal.put('key', unwritable);
    };
    await expect(putMany()).rejects.toThrow("the auditor's own file");
    await deal.close();
  });
});

const PREFIX = 'effectively-once-audit-';
