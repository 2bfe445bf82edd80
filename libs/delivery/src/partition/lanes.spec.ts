import { propertyRuns } from '@effectively-once/testing/property-runs';
import fc from 'fast-check';
import { Lanes, type Lane } from './lanes.js';

interface Item {
  key: string;
  number: number;
}

/** Lanes whose work and whose parking end when the test says so. */
function lanesByHand(lanesMax: number) {
  const log: string[] = [];
  const ends = new Map<string, () => void>();
  const park = new Set<string>();
  const lanes = new Lanes<string>({
    lanesMax,
    work: async (item, lane) => {
      log.push(`start ${item}`);
      await untilEnded(item);
      if (park.delete(item)) {
        log.push(`park ${item}`);
        await lane.park(() => untilEnded(`wait of ${item}`)).catch(() => log.push('cancelled'));
        log.push(`go on ${item}`);
      }
    },
  });
  const untilEnded = (what: string) => new Promise<void>((resolve) => ends.set(what, resolve));
  const end = async (what: string) => {
    ends.get(what)?.();
    ends.delete(what);
    await turns();
  };
  return { lanes, log, end, park };
}

const turns = () => new Promise((resolve) => setImmediate(resolve));

it('works on one key in order and on several at once', async () => {
  const { lanes, log, end } = lanesByHand(2);
  lanes.open();
  lanes.push('a', 'a1');
  lanes.push('a', 'a2');
  lanes.push('b', 'b1');
  await turns();
  expect(log).toEqual(['start a1', 'start b1']);
  await end('b1');
  expect(log).toHaveLength(2);
  await end('a1');
  expect(log.at(-1)).toBe('start a2');
});

it('starts nothing before it is opened', async () => {
  const { lanes, log } = lanesByHand(2);
  lanes.push('a', 'a1');
  await turns();
  expect(log).toEqual([]);
  lanes.open();
  await turns();
  expect(log).toEqual(['start a1']);
});

// A parked lane adds no wait to the others: they continue in the same turn.
it('gives the slot of a parked lane to the next lane at once', async () => {
  const { lanes, log, end, park } = lanesByHand(1);
  park.add('a1');
  lanes.open();
  lanes.push('a', 'a1');
  lanes.push('a', 'a2');
  lanes.push('b', 'b1');
  await turns();
  await end('a1');
  expect(log).toEqual(['start a1', 'park a1', 'start b1']);
  expect(lanes.backlog).toBe(0);
  await end('wait of a1');
  await end('b1');
  expect(log.slice(3)).toEqual(['go on a1', 'start a2']);
});

it('takes turns: a key with many items does not keep the others waiting', async () => {
  const { lanes, log, end } = lanesByHand(1);
  lanes.open();
  lanes.push('a', 'a1');
  lanes.push('a', 'a2');
  lanes.push('b', 'b1');
  await turns();
  await end('a1');
  expect(log).toEqual(['start a1', 'start b1']);
});

it('closes when what runs has ended, parked items included, and starts nothing more', async () => {
  const { lanes, log, end, park } = lanesByHand(1);
  park.add('a1');
  lanes.open();
  lanes.push('a', 'a1');
  lanes.push('a', 'a2');
  lanes.push('b', 'b1');
  await turns();
  await end('a1');
  let isClosed = false;
  const closing = lanes.close().then(() => (isClosed = true));
  lanes.push('c', 'c1');
  await end('b1');
  expect(isClosed).toBe(false);
  await end('wait of a1');
  await closing;
  expect(log).toEqual(['start a1', 'park a1', 'start b1', 'go on a1']);
});

it('lets what was parked end at once when it closes: it waits for no slot', async () => {
  const { lanes, log, end, park } = lanesByHand(1);
  for (const item of ['a1', 'b1']) park.add(item);
  lanes.open();
  for (const key of ['a', 'b', 'c']) lanes.push(key, `${key}1`);
  await turns();
  await end('a1');
  await end('b1');
  await end('wait of a1');
  expect(log.at(-1)).toBe('start c1');
  const closing = lanes.close();
  await turns();
  expect(log.at(-1)).toBe('go on a1');
  await end('wait of b1');
  expect(log.at(-1)).toBe('go on b1');
  await end('c1');
  await closing;
});

it('closes at once when nothing runs', async () => {
  const { lanes } = lanesByHand(1);
  lanes.push('a', 'a1');
  await lanes.close();
});

it('under any interleaving: order per key, never too many running, everything done, none twice', async () => {
  const items = fc.array(
    fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), parks: fc.nat(2) }),
    { maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), items, fc.integer({ min: 1, max: 3 }), async (s, all, max) => {
      const [pushed, done, violations]: [Item[], Item[], string[]] = [[], [], []];
      const busy = new Set<string>();
      let running = 0;
      const step = async () => void (await s.schedule(Promise.resolve()));
      const begin = () => {
        if ((running += 1) > max) violations.push(`${running} running`);
      };
      const lanes = new Lanes<Item>({
        lanesMax: max,
        work: async (item: Item, lane: Lane) => {
          if (busy.has(item.key)) violations.push(`two of ${item.key} at once`);
          busy.add(item.key);
          begin();
          await step();
          for (let parks = all[item.number]?.parks ?? 0; parks > 0; parks -= 1) {
            running -= 1;
            await lane.park(step);
            begin();
          }
          running -= 1;
          busy.delete(item.key);
          done.push(item);
        },
      });
      lanes.open();
      all.forEach(({ key }, number) => {
        void step().then(() => {
          pushed.push({ key, number });
          lanes.push(key, { key, number });
        });
      });
      await s.waitIdle();
      expect(violations).toEqual([]);
      expect(done).toHaveLength(all.length);
      for (const key of ['a', 'b', 'c', 'd']) expect(ofKey(done, key)).toEqual(ofKey(pushed, key));
      expect(lanes.backlog).toBe(0);
      await lanes.close();
    }),
    { numRuns: propertyRuns(4_000) },
  );
});

const ofKey = (items: Item[], key: string) =>
  items.filter((item) => item.key === key).map(({ number }) => number);
