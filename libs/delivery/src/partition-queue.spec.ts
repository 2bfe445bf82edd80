import fc from 'fast-check';
import { PartitionQueue, QUEUE_LOW, QUEUE_MAX } from './partition-queue.js';
import { aRecord } from './record.fixture.js';

const records = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => aRecord({ offset: BigInt(from + index) }));

function aQueue(overrides: Partial<ConstructorParameters<typeof PartitionQueue>[0]> = {}) {
  const log: string[] = [];
  const queue = new PartitionQueue({
    settle: async ({ offset }) => void log.push(`settle ${offset}`),
    commit: async (next) => void log.push(`commit ${next}`),
    wait: async () => undefined,
    onFull: () => log.push('full'),
    onRoom: () => log.push('room'),
    onLag: () => undefined,
    onError: (_, what) => log.push(`could not ${what}`),
    after: Promise.resolve(),
    ...overrides,
  });
  return { queue, log };
}

it('settles in order and commits what is settled, never more', async () => {
  const allSettled = withResolvers();
  const { queue, log } = aQueue({
    settle: async ({ offset }) => {
      log.push(`settle ${offset}`);
      if (offset === 12n) allSettled.resolve();
    },
  });
  queue.push(records(10, 13), 13n);
  await allSettled.promise;
  await queue.close({ commit: true });
  expect(log.filter((line) => line.startsWith('settle'))).toEqual([
    ...['settle 10', 'settle 11', 'settle 12'],
  ]);
  expect(log.at(-1)).toBe('commit 13');
  for (const line of log.filter((entry) => entry.startsWith('commit'))) {
    const last = Number(line.split(' ')[1]) - 1;
    expect(log.indexOf(`settle ${last}`)).toBeLessThan(log.indexOf(line));
  }
});

it('delivers a record again when it could not be settled, and commits nothing before', async () => {
  let refusals = 2;
  const settled = withResolvers();
  const { queue, log } = aQueue({
    settle: async ({ offset }) => {
      if (refusals-- > 0) throw new Error('refused');
      log.push(`settle ${offset}`);
      settled.resolve();
    },
  });
  queue.push(records(0, 1), 1n);
  await settled.promise;
  await queue.close({ commit: true });
  expect(log).toEqual(['could not settle', 'could not settle', 'settle 0', 'commit 1']);
});

it('commits nothing of a partition that went to someone else', async () => {
  const running = withResolvers();
  const started = withResolvers();
  const { queue, log } = aQueue({
    settle: async () => {
      started.resolve();
      await running.promise;
    },
  });
  queue.push(records(0, 1), 1n);
  await started.promise;
  const closed = queue.close({ commit: false });
  running.resolve();
  await closed;
  expect(log.filter((line) => line.startsWith('commit'))).toEqual([]);
});

it('starts nothing before the previous assignment has ended', async () => {
  const before = withResolvers();
  const { queue, log } = aQueue({ after: before.promise });
  queue.push(records(0, 1), 1n);
  await Promise.resolve();
  expect(log).toEqual([]);
  before.resolve();
  await queue.close({ commit: false });
});

it('asks for no more when it is full, and for more when half of it is done', async () => {
  const mayStart = withResolvers();
  const hasRoom = withResolvers();
  let settledBefore = 0;
  let settled = 0;
  const { queue, log } = aQueue({
    settle: async () => void (settled += 1),
    onRoom: () => {
      settledBefore = settled;
      hasRoom.resolve();
    },
    after: mayStart.promise,
  });
  queue.push(records(0, QUEUE_MAX), BigInt(QUEUE_MAX));
  expect(log).toEqual(['full']);
  mayStart.resolve();
  await hasRoom.promise;
  await queue.close({ commit: false });
  expect(settledBefore).toBe(QUEUE_MAX - QUEUE_LOW);
});

it('takes a record pushed at any moment around the end of the one before', async () => {
  for (let turns = 0; turns < 12; turns += 1) {
    const bothSettled = withResolvers();
    const { queue } = aQueue({
      settle: async ({ offset }) => {
        if (offset === 1n) return bothSettled.resolve();
        void afterTurns(turns).then(() => queue.push(records(1, 2), 2n));
      },
    });
    queue.push(records(0, 1), 1n);
    const stuck = afterTurns(1_000).then(() => 'stuck');
    await expect(Promise.race([bothSettled.promise, stuck])).resolves.toBeUndefined();
    await queue.close({ commit: false });
  }
});

async function afterTurns(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
}

it('under any interleaving: in order, none twice, commits never ahead of what is settled', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 }),
      fc.infiniteStream(fc.integer({ min: 0, max: 9 })),
      async (scheduler, batches, dice) => {
        const settled: bigint[] = [];
        const commits: bigint[] = [];
        const fails = () => (dice.next().value as number) < 2;
        const queue = new PartitionQueue({
          settle: async ({ offset }) => {
            await scheduler.schedule(Promise.resolve());
            if (fails()) throw new Error('refused');
            settled.push(offset);
          },
          commit: async (next) => {
            if ((settled.at(-1) ?? -1n) + 1n < next) throw new Error('committed ahead');
            commits.push(next);
            await scheduler.schedule(Promise.resolve());
            if (fails()) throw new Error('refused');
          },
          wait: async () => void (await scheduler.schedule(Promise.resolve())),
          onFull: () => undefined,
          onRoom: () => undefined,
          onLag: () => undefined,
          onError: (error) => {
            if ((error as Error).message !== 'refused') throw error;
          },
          after: Promise.resolve(),
        });
        let next = 0;
        for (const size of batches) {
          void scheduler.schedule(Promise.resolve()).then(() => {
            queue.push(records(next, next + size), BigInt(next + size));
            next += size;
          });
        }
        const total = batches.reduce((sum, size) => sum + size, 0);
        await scheduler.waitFor(untilCommitted(commits, BigInt(total)));
        expect(settled).toEqual(records(0, total).map(({ offset }) => offset));
      },
    ),
    { numRuns: 1_000 },
  );
});

// Bounded: a queue that lost a record must fail the test, not hang it.
const TURNS_MAX = 10_000;
async function untilCommitted(commits: bigint[], total: bigint): Promise<void> {
  for (let turn = 0; commits.at(-1) !== total; turn += 1) {
    if (turn === TURNS_MAX) throw new Error(`committed ${commits.at(-1)} of ${total}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function withResolvers() {
  let resolve!: () => void;
  const promise = new Promise<void>((fulfil) => (resolve = fulfil));
  return { promise, resolve };
}
