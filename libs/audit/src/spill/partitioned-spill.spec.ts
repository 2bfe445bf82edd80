import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { PartitionedSpill } from './partitioned-spill.js';

/** So many facts of one key that most of them are on disk. */
const MANY = 1_000;

async function partitioned(bucketCount: number, keys: string[]) {
  const spill = new PartitionedSpill<{ key: string; n: bigint }>(bucketCount);
  // Concurrently, as several readings do.
  await Promise.all(keys.map(async (key, n) => await spill.put(key, { key, n: BigInt(n) })));
  const buckets: { key: string; n: bigint }[][] = [];
  for await (const bucket of spill.buckets()) buckets.push(bucket);
  await spill.close();
  return buckets;
}

describe('facts partitioned into buckets', () => {
  it('are read once each, those of one key together and in order', async () => {
    const anyKeys = fc.array(fc.string({ maxLength: 3 }), { maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 9 }), anyKeys, async (bucketCount, keys) => {
        const many = keys.flatMap((key) => Array.from({ length: MANY / 50 }, () => key));
        const buckets = await partitioned(bucketCount, many);
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

  it('are spread evenly if the keys are ids', async () => {
    const ids = Array.from({ length: MANY * 4 }, () => crypto.randomUUID());
    const sizes = (await partitioned(4, ids)).map(({ length }) => length);
    expect(Math.max(...sizes)).toBeLessThan(2 * Math.min(...sizes));
  });

  it('leave no file in the folder, even while they are on disk', async () => {
    const ours = () => readdirSync(tmpdir()).filter((name) => name.startsWith(PREFIX));
    const before = ours();
    const spill = new PartitionedSpill<number>(1);
    for (let n = 0; n < MANY; n++) await spill.put('key', n);
    expect(ours()).toEqual(before);
    await spill.close();
  });

  it('are not written to a full disk, which is named instead of the store that is being read', async () => {
    const spill = new PartitionedSpill<unknown>(1);
    const unwritable = () => undefined;
    const putMany = async () => {
      for (let n = 0; n < MANY; n++) await spill.put('key', unwritable);
    };
    await expect(putMany()).rejects.toThrow("the auditor's own file");
    await spill.close();
  });
});

const PREFIX = 'effectively-once-audit-';
