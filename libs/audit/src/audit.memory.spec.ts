import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { jest } from '@jest/globals';
import { auditStores } from './audit.js';
import { manyPayments } from './testing/many-payments.fixture.js';
import type { Stores } from './stores/stores.js';

// Makes, writes down and judges 400,000 facts.
jest.setTimeout(120_000);
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const LOOK_EVERY_FACTS = 20_000;
const EVERYTHING = { now: () => new Date(1), settleLimitMs: 0, slotWaitMaxMs: 0 };

/** The most that an audit keeps alive, in bytes, looked at while it reads and while it judges. */
async function liveHeap(payments: number): Promise<number> {
  collectGarbage();
  const atRest = process.memoryUsage().heapUsed;
  let [most, facts] = [0, 0];
  const look = () => {
    collectGarbage();
    most = Math.max(most, process.memoryUsage().heapUsed - atRest);
  };
  const stores = manyPayments(payments);
  const watched = Object.entries(stores).map(([name, read]) => [
    name,
    (...parameters: unknown[]) => {
      const take = parameters.pop();
      // Once a bucket, when all of it is in memory.
      if (name === 'statusesNow') look();
      const watch = (fact: unknown) => {
        if (++facts % LOOK_EVERY_FACTS === 0) look();
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

it('four times the payments take no more memory to audit', async () => {
  // The first one also pays for compiled code.
  await liveHeap(5_000);
  const few = await liveHeap(10_000);
  const many = await liveHeap(40_000);
  expect(many / few).toBeLessThan(1.5);
});
