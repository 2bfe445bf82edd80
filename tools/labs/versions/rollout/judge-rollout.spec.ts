import { isHeld } from '../../lab.js';
import type { Deploy } from '../deploy/fleet.js';
import {
  judgeDeploys,
  longestGapMs,
  mostBehind,
  rolloutClaims,
  type Rollout,
} from './judge-rollout.js';

const steady = (fromMs: number, toMs: number, everyMs = 100) =>
  Array.from({ length: (toMs - fromMs) / everyMs }, (_, n) => fromMs + n * everyMs);
const deploy = (service: Deploy['service'], to: Deploy['to'], startedAtMs: number): Deploy => ({
  service,
  to,
  startedAtMs,
  readyAtMs: startedAtMs + 3_000,
  endedAtMs: startedAtMs + 4_000,
});

/** A run of 80 s: one consumer and payments, forth and back, then a kill after which it waits. */
function aRun(changed: Partial<Rollout> = {}): Rollout {
  const all = steady(0, 80_000);
  return {
    judgesTimes: true,
    calm: { fromMs: 0, toMs: 5_000 },
    deploys: [
      deploy('loyalty', 'N', 10_000),
      deploy('payments', 'N', 25_000),
      deploy('payments', 'N-1', 40_000),
      deploy('loyalty', 'N-1', 55_000),
    ],
    kill: deploy('loyalty', 'N-1', 70_000),
    oldCodeOnNewSchema: { fromMs: 6_000, toMs: 25_000 },
    endedAtMs: 81_000,
    times: {
      payments: all,
      email: all,
      loyalty: all.filter((time) => time < 70_000 || time > 79_000),
      search: all,
    },
    published: [
      { version: 1, atMs: 1_000 },
      { version: 2, atMs: 30_000 },
    ],
    checkouts: [{ dueAtMs: 0, tookMs: 10, requests: 1, status: 201, paymentId: 'p-1' }],
    deadLetters: 0,
    neededKill: false,
    verdict: { lost: 0, doubled: 0, late: 0, other: 0, payments: 600 },
    ...changed,
  };
}

const broken = (run: Rollout) =>
  rolloutClaims(run, judgeDeploys(run))
    .filter((claim) => !isHeld(claim))
    .map(({ claim }) => claim);

it('every claim of a good run holds', () => {
  expect(broken(aRun())).toEqual([]);
});

const good = aRun();
it.each<[string, Partial<Rollout>]>([
  ['customers without a paid order', { checkouts: [{ ...good.checkouts[0]!, status: 503 }] }],
  ['payments that lost something', { verdict: { ...good.verdict, lost: 1 } }],
  ['payments that have something twice', { verdict: { ...good.verdict, doubled: 1 } }],
  ['payments that wait for something at the end', { verdict: { ...good.verdict, late: 1 } }],
  ['other violations', { verdict: { ...good.verdict, other: 1 } }],
  ['dead letters', { deadLetters: 1 }],
  ['processes that did not end after SIGTERM', { neededKill: true }],
  ['events of version 1', { published: [{ version: 2, atMs: 0 }] }],
  ['events of version 2', { published: [{ version: 1, atMs: 0 }] }],
  [
    'payments of the old code on the new schema',
    { oldCodeOnNewSchema: { fromMs: 6_010, toMs: 6_090 } },
  ],
  [
    'payments: longest standstill of its rolling deploys, s',
    { times: { ...good.times, payments: good.times.payments.filter((ms) => ms < 40_000) } },
  ],
  [
    'loyalty: longest standstill of its rolling deploys, s',
    { times: { ...good.times, loyalty: good.times.loyalty.filter((ms) => ms > 70_000) } },
  ],
  ['loyalty: standstill after kill -9, s', { times: { ...good.times, loyalty: good.times.email } }],
])('a run breaks the claim “%s” alone', (claim, changed) => {
  expect(broken(aRun(changed))).toEqual([claim]);
});

it('no time is judged in npm test', () => {
  const slow = { ...good.times, payments: [] };
  expect(broken(aRun({ judgesTimes: false, kill: undefined, times: slow }))).toEqual([
    'payments of the old code on the new schema',
  ]);
});

it('a service that is not deployed has no claim, and its standstill is in the table', () => {
  const email = good.times.email.filter((ms) => ms < 25_000 || ms > 38_000);
  const run = aRun({ times: { ...good.times, email } });
  expect(broken(run)).toEqual([]);
  expect(judgeDeploys(run)[1]?.standstillMs.email).toBe(13_100);
});

it('a gap counts to the edges of its phase, and is the whole phase without an event', () => {
  const phase = { fromMs: 1_000, toMs: 5_000 };
  expect(longestGapMs([0, 900, 1_500, 2_000, 4_000, 6_000], phase)).toBe(2_000);
  expect(longestGapMs([3_000], phase)).toBe(2_000);
  expect(longestGapMs([0, 9_000], phase)).toBe(4_000);
});

it('a consumer is behind by the payments that were completed and have no effect yet', () => {
  const times = { payments: [1, 2, 3, 10], email: [], loyalty: [2, 4, 5, 11], search: [] };
  expect(mostBehind(times, 'loyalty', { fromMs: 0, toMs: 20 })).toBe(2);
  expect(mostBehind(times, 'loyalty', { fromMs: 4, toMs: 20 })).toBe(1);
  expect(mostBehind(times, 'email', { fromMs: 0, toMs: 20 })).toBe(4);
});
