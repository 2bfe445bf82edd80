import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { jest } from '@jest/globals';
import { auditStores } from './audit.js';
import { manyPayments } from './testing/many-payments.fixture.js';
import type { Stores } from './stores/stores.js';

// Makes, spills and judges 200,000 facts.
jest.setTimeout(300_000);
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const MEASURE_EVERY_FACTS = 10_000;
const EVERYTHING = { now: () => new Date(1), settleLimitMs: 0, slotWaitMaxMs: 0 };

/** The largest live heap of an audit, in bytes, measured while it reads and while it judges. */
async function liveHeap(payments: number): Promise<number> {
  collectGarbage();
  const atRest = process.memoryUsage().heapUsed;
  let [most, facts] = [0, 0];
  const measure = () => {
    collectGarbage();
    most = Math.max(most, process.memoryUsage().heapUsed - atRest);
  };
  const stores = manyPayments(payments);
  const watched = Object.entries(stores).map(([name, read]) => [
    name,
    (...parameters: unknown[]) => {
      const take = parameters.pop();
      // Once per bucket, while the whole bucket is in memory.
      if (name === 'statusesNow') measure();
      const watch = (fact: unknown) => {
        if (++facts % MEASURE_EVERY_FACTS === 0) measure();
        return (take as (fact: unknown) => unknown)(fact);
      };
      const last = typeof take === 'function' ? watch : take;
      return (read as (...parameters: unknown[]) => unknown)(...parameters, last);
    },
  ]);
  const report = await auditStores(Object.fromEntries(watched) as Stores, EVERYTHING);
  expect(report.invariants.filter(({ status }) => status !== 'ok')).toEqual([]);
  expect(report.payments).toBe(payments);
  return most;
}

it('an audit of four times the payments takes no more memory', async () => {
  // The first audit also pays for compiled code.
  await liveHeap(2_500);
  const few = await liveHeap(5_000);
  const many = await liveHeap(20_000);
  expect(many / few).toBeLessThan(1.5);
});
