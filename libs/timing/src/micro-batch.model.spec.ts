import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { MicroBatch } from './micro-batch.js';

const limit = fc.integer({ min: 1, max: 4 });
const step = fc.constantFrom('add', 'turn', 'answer', 'answer, one bad', 'fail');

it('every item goes out once, in order, within the limits, and gets its own outcome', () =>
  fc.assert(
    fc.asyncProperty(limit, limit, fc.array(step), async (sizeMax, inFlightMax, steps) => {
      const requests: { items: number[]; end: (how: string) => void }[] = [];
      const bad = new Set<number>();
      const batch = new MicroBatch<number, number>({
        sizeMax,
        inFlightMax,
        run: (items) =>
          new Promise((resolve, reject) => {
            const end = (how: string) => {
              if (how !== 'answer')
                (how === 'fail' ? items : items.slice(-1)).forEach((one) => bad.add(one));
              if (how === 'fail') reject(new Error('bad'));
              else
                resolve(
                  items.map((item) =>
                    bad.has(item)
                      ? { status: 'rejected', reason: new Error('bad') }
                      : { status: 'fulfilled', value: 10 * item },
                  ),
                );
            };
            requests.push({ items, end });
          }),
      });
      let ended = 0;
      const endNext = (how: string) => requests[ended] && requests[ended++]?.end(how);
      const outcomes: Promise<unknown>[] = [];
      for (const next of steps) {
        if (next === 'add') {
          outcomes.push(batch.add(outcomes.length).catch(({ message }: Error) => message));
        } else if (next === 'turn') await nextTurn();
        else endNext(next);
        expect(requests.length - ended).toBeLessThanOrEqual(inFlightMax);
      }
      for (await nextTurn(); ended < requests.length; await nextTurn()) endNext('answer');
      const items = outcomes.map((_, item) => item);
      expect(await Promise.all(outcomes)).toEqual(
        items.map((one) => (bad.has(one) ? 'bad' : 10 * one)),
      );
      expect(requests.flatMap((request) => request.items)).toEqual(items);
      expect(requests.every((request) => request.items.length <= sizeMax)).toBe(true);
    }),
    { numRuns: 300 },
  ));
