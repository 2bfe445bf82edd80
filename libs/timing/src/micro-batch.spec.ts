import { MicroBatch } from './micro-batch.js';

type Outcome = PromiseSettledResult<string>;

/** A batch whose requests end when the test says so. */
function byHand(options: { sizeMax: number; inFlightMax: number }) {
  const requests: { items: string[]; answer: (outcomes: Outcome[] | Error) => Promise<void> }[] =
    [];
  const batch = new MicroBatch<string, string>({
    ...options,
    run: (items) =>
      new Promise((resolve, reject) => {
        const answer = async (outcomes: Outcome[] | Error) => {
          if (outcomes instanceof Error) reject(outcomes);
          else resolve(outcomes);
          await turn();
        };
        requests.push({ items, answer });
      }),
  });
  return { batch, requests };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const done = (items: string[]): Outcome[] =>
  items.map((item) => ({ status: 'fulfilled', value: `${item} done` }));

it('sends items of one turn together, and gives each its own outcome', async () => {
  const { batch, requests } = byHand({ sizeMax: 10, inFlightMax: 1 });
  const bad = new Error('b is bad');
  const results = Promise.allSettled(['a', 'b', 'c'].map((item) => batch.add(item)));
  await turn();
  expect(requests.map(({ items }) => items)).toEqual([['a', 'b', 'c']]);
  await requests[0]?.answer([...done(['a']), { status: 'rejected', reason: bad }, ...done(['c'])]);
  await expect(results).resolves.toEqual([
    { status: 'fulfilled', value: 'a done' },
    { status: 'rejected', reason: bad },
    { status: 'fulfilled', value: 'c done' },
  ]);
});

it('limits the items of a request and the requests in flight', async () => {
  const { batch, requests } = byHand({ sizeMax: 2, inFlightMax: 2 });
  for (const item of ['a', 'b', 'c', 'd', 'e']) void batch.add(item);
  await turn();
  expect(requests.map(({ items }) => items)).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
  void batch.add('f');
  await turn();
  expect(requests).toHaveLength(2);
  await requests[1]?.answer(done(['c', 'd']));
  expect(requests[2]?.items).toEqual(['e', 'f']);
});

it('fails every item of a failed request, and continues with the next', async () => {
  const { batch, requests } = byHand({ sizeMax: 2, inFlightMax: 1 });
  const down = new Error('the database is down');
  const results = Promise.allSettled(['a', 'b', 'c'].map((item) => batch.add(item)));
  await turn();
  await requests[0]?.answer(down);
  await requests[1]?.answer(done(['c']));
  await expect(results).resolves.toEqual([
    { status: 'rejected', reason: down },
    { status: 'rejected', reason: down },
    { status: 'fulfilled', value: 'c done' },
  ]);
});

// An item without an outcome must never count as a success.
it('fails an item that got no outcome', async () => {
  const { batch, requests } = byHand({ sizeMax: 2, inFlightMax: 1 });
  const results = Promise.allSettled(['a', 'b'].map((item) => batch.add(item)));
  await turn();
  await requests[0]?.answer(done(['a']));
  expect((await results).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
});
