import { jest } from '@jest/globals';
import type { ScenarioRun } from '@effectively-once/scenarios';
import type { PaymentSummary } from '../wire/evidence.js';
import type { ActiveFault, Overview, Verdict } from '../wire/overview.js';
import { COALESCE_MS, LiveFeed, PAYMENTS_MAX } from './live-feed.js';

let sent: [string, unknown][];
let verdict: Verdict;
let feed: LiveFeed;

beforeEach(() => {
  jest.useFakeTimers();
  sent = [];
  verdict = { state: 'ok', lost: 0, checkedAt: 'noon', why: null } as Verdict;
  const broadcast = (name: string, data: unknown) => void sent.push([name, data]);
  feed = new LiveFeed({ broadcast, verdict: () => verdict });
});
afterEach(() => jest.useRealTimers());

const anOverview = (at: string) => ({ at }) as Overview;
const aPayment = (n: number, status = 'PENDING') =>
  ({ id: `019-${String(n).padStart(6, '0')}`, status }) as PaymentSummary;
const namesSent = () => sent.map(([name]) => name);

it('changes within a quarter of a second become one event with the latest state', () => {
  feed.showOverview(anOverview('1'));
  feed.showOverview(anOverview('2'));
  feed.showPayments([aPayment(1), aPayment(2)]);
  feed.showPayments([aPayment(1, 'COMPLETED')]);
  expect(sent).toEqual([]);
  jest.advanceTimersByTime(COALESCE_MS);
  expect(sent).toEqual([
    ['overview', anOverview('2')],
    ['payment', [aPayment(2), aPayment(1, 'COMPLETED')]],
  ]);
  jest.advanceTimersByTime(10 * COALESCE_MS);
  expect(sent).toHaveLength(2);
});

it('a flood of payments becomes four events a second, of the newest payments each', () => {
  for (let n = 0; n < 1_150; n += 1) {
    feed.showPayments([aPayment(n)]);
    jest.advanceTimersByTime(n % 23 === 0 ? 20 : 0);
  }
  jest.advanceTimersByTime(COALESCE_MS);
  expect(namesSent().length).toBeLessThanOrEqual(5);
  expect(sent.at(-1)?.[1]).toHaveLength(PAYMENTS_MAX);
  const { payments } = feed.snapshot();
  expect(payments.map(({ id }) => id)).toEqual(
    Array.from({ length: PAYMENTS_MAX }, (_, index) => aPayment(1_149 - index).id),
  );
});

it('a verdict is sent when it is another one, and not because it becomes older', () => {
  feed.showVerdict();
  feed.showVerdict();
  verdict = { ...verdict, state: 'stale', why: 'the last audit is 91 s old' };
  feed.showVerdict();
  verdict = { ...verdict, why: 'the last audit is 92 s old' };
  feed.showVerdict();
  expect(sent.map(([, data]) => (data as Verdict).state)).toEqual(['ok', 'stale']);
  expect(feed.snapshot().verdict.why).toBe('the last audit is 92 s old');
});

it('faults are sent when one is switched on or off', () => {
  const fault = { id: 'smtp.refuse.0', until: '1' } as ActiveFault;
  feed.showFaults([]);
  feed.showFaults([fault]);
  feed.showFaults([{ ...fault, until: '2' }]);
  feed.showFaults([]);
  expect(sent).toEqual([
    ['fault', [fault]],
    ['fault', []],
  ]);
});

it('the latest state of each run that changed is sent, once', () => {
  const run = (id: string, steps: number) =>
    ({ id, steps: Array.from({ length: steps }) }) as ScenarioRun;
  feed.showRun(run('a', 1));
  feed.showRun(run('a', 2));
  feed.showRun(run('b', 1));
  jest.advanceTimersByTime(COALESCE_MS);
  expect(sent).toEqual([
    ['scenario', run('a', 2)],
    ['scenario', run('b', 1)],
  ]);
  jest.advanceTimersByTime(10 * COALESCE_MS);
  expect(sent).toHaveLength(2);
});

it('forgets everything when nothing is collected any more', () => {
  feed.showOverview(anOverview('1'));
  feed.showPayments([aPayment(1)]);
  feed.showRun({ id: 'a' } as ScenarioRun);
  feed.forget();
  jest.advanceTimersByTime(10 * COALESCE_MS);
  expect(sent).toEqual([]);
  expect(feed.snapshot()).toEqual({ overview: null, verdict, payments: [] });
});
