import { highestRate } from './highest-rate.js';

async function search(limit: number, from: number, triesMax = 20) {
  const tried: number[] = [];
  const found = await highestRate({ from, triesMax }, async (rate) => {
    tried.push(rate);
    return rate <= limit;
  });
  return { found, tried };
}

it.each([
  ['above the first', 200, 100],
  ['below the first', 30, 115],
  ['the first itself', 100, 100],
  ['far above the first', 5_000, 40],
])('finds a limit that is %s, to 5 percent', async (_, limit, from) => {
  const { found } = await search(limit, from);
  expect(found).toBeLessThanOrEqual(limit);
  expect(found).toBeGreaterThanOrEqual(Math.floor(limit / 1.06));
});

it('tries no more rates than it may', async () => {
  const { found, tried } = await search(Infinity, 100, 3);
  expect(tried).toEqual([100, 150, 225]);
  expect(found).toBe(225);
});

it('finds none if not even one payment a second holds', async () => {
  const { found, tried } = await search(0, 4);
  expect(found).toBeUndefined();
  expect(tried).toEqual([4, 2, 1]);
});
