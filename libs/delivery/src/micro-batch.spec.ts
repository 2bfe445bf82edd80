import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { MicroBatch } from './micro-batch.js';

interface Request {
  items: number[];
  /** Answers each item with ten times itself, or fails those that `isBad`. */
  answer: (isBad?: (item: number) => boolean) => void;
  fail: (error: Error) => void;
  forget: () => void;
}

let requests: Request[];
let batch: MicroBatch<number, number>;

beforeEach(() => (batch = batchOf({ sizeMax: 3, inFlightMax: 1 })));

function batchOf(limits: { sizeMax: number; inFlightMax: number }): MicroBatch<number, number> {
  requests = [];
  return new MicroBatch({
    ...limits,
    run: (items) =>
      new Promise((resolve, reject) => {
        const outcome = (item: number, isBad: boolean): PromiseSettledResult<number> =>
          isBad
            ? { status: 'rejected', reason: new Error(`bad ${item}`) }
            : { status: 'fulfilled', value: 10 * item };
        requests.push({
          items,
          answer: (isBad = () => false) => resolve(items.map((one) => outcome(one, isBad(one)))),
          fail: reject,
          forget: () => resolve([]),
        });
      }),
  });
}

const sent = async () => (await nextTurn(), requests.map(({ items }) => items));

it('an item alone goes out at once', async () => {
  const one = batch.add(1);
  await expect(sent()).resolves.toEqual([[1]]);
  requests[0]?.answer();
  await expect(one).resolves.toBe(10);
});

it('items of one turn go out together, up to the limit; the rest goes with the next', async () => {
  const all = [1, 2, 3, 4].map((item) => batch.add(item));
  await expect(sent()).resolves.toEqual([[1, 2, 3]]);
  requests[0]?.answer();
  await expect(sent()).resolves.toEqual([[1, 2, 3], [4]]);
  requests[1]?.answer();
  await expect(Promise.all(all)).resolves.toEqual([10, 20, 30, 40]);
});

it('what arrives while a request is under way makes up the next one', async () => {
  void batch.add(1);
  await sent();
  void batch.add(2);
  await sent();
  void batch.add(3);
  await expect(sent()).resolves.toEqual([[1]]);
  requests[0]?.answer();
  await expect(sent()).resolves.toEqual([[1], [2, 3]]);
});

it('a bad item fails alone', async () => {
  const all = Promise.allSettled([1, 2, 3].map((item) => batch.add(item)));
  await sent();
  requests[0]?.answer((item) => item === 2);
  await expect(all).resolves.toMatchObject([
    { value: 10 },
    { reason: { message: 'bad 2' } },
    { value: 30 },
  ]);
});

it('a request that fails fails its items with one error, and no others', async () => {
  const first = Promise.allSettled([1, 2, 3].map((item) => batch.add(item)));
  const next = batch.add(4);
  await sent();
  const failure = new Error('gone');
  requests[0]?.fail(failure);
  await expect(first).resolves.toEqual(
    [1, 2, 3].map(() => ({ status: 'rejected', reason: failure })),
  );
  await sent();
  requests[1]?.answer();
  await expect(next).resolves.toBe(40);
});

it('an item that is left without an outcome fails: nobody waits for ever', async () => {
  const forgotten = batch.add(1);
  await sent();
  requests[0]?.forget();
  await expect(forgotten).rejects.toThrow('without an outcome');
});

it('every item goes out once, in order, within the limits, and gets its own outcome', () => {
  const limit = fc.integer({ min: 1, max: 4 });
  const step = fc.constantFrom('add', 'turn', 'answer', 'fail');
  return fc.assert(
    fc.asyncProperty(limit, limit, fc.array(step), async (sizeMax, inFlightMax, steps) => {
      const one = batchOf({ sizeMax, inFlightMax });
      const outcomes: Promise<unknown>[] = [];
      const failed = new Set<number>();
      let answered = 0;
      const answerNext = (end: 'answer' | 'fail') => {
        const request = requests[answered];
        if (!request) return;
        answered += 1;
        if (end === 'fail') request.items.forEach((item) => failed.add(item));
        request.answer((item) => failed.has(item));
      };
      for (const next of steps) {
        if (next === 'add') {
          outcomes.push(one.add(outcomes.length).catch((error: Error) => error.message));
        } else if (next === 'turn') await nextTurn();
        else answerNext(next);
        expect(requests.length - answered).toBeLessThanOrEqual(inFlightMax);
      }
      for (await nextTurn(); answered < requests.length; await nextTurn()) answerNext('answer');
      const expected = outcomes.map((_, item) => (failed.has(item) ? `bad ${item}` : 10 * item));
      expect(await Promise.all(outcomes)).toEqual(expected);
      expect(requests.flatMap(({ items }) => items)).toEqual(outcomes.map((_, item) => item));
      expect(requests.every(({ items }) => items.length <= sizeMax)).toBe(true);
    }),
  );
});
