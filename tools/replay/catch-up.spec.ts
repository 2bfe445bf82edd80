import { ConsumerStandsStill, untilCaughtUp } from './catch-up.js';

const distances = [
  { partition: 0, from: 10n, end: 20n },
  { partition: 1, from: 0n, end: 5n },
];
const at = (...offsets: [number, bigint][]) => new Map(offsets);

async function watch(answers: Map<number, bigint>[], stepMs = 1_000) {
  const seen: string[] = [];
  let nowMs = 0;
  await untilCaughtUp(distances, {
    committed: async () => (answers.length > 1 ? answers.shift()! : answers[0]!),
    onProgress: (done, total) => seen.push(`${done}/${total}`),
    signal: new AbortController().signal,
    now: () => nowMs,
    wait: async () => {
      nowMs += stepMs;
      if (nowMs > 100 * stepMs) throw new Error('it never ends');
    },
  });
  return seen;
}

it('ends when the group has committed every offset, and shows how far it is', async () => {
  const seen = await watch([
    at([0, 10n], [1, -1n]),
    at([0, 14n]),
    // It goes on behind the end: other records have come.
    at([0, 30n], [1, 2n]),
    at([0, 30n], [1, 9n]),
  ]);
  expect(seen).toEqual(['0/15', '4/15', '12/15', '15/15']);
});

it('gives up after two minutes without progress, not after two minutes', async () => {
  await expect(watch([at([0, 12n])], 30_000)).rejects.toThrow(ConsumerStandsStill);
  const slow = [11n, 12n, 13n, 14n, 15n, 20n].map((offset) => at([0, offset], [1, 5n]));
  await expect(watch(slow, 100_000)).resolves.toHaveLength(6);
});
