import { CE_HEADERS } from '@effectively-once/contracts';
import { aRecord } from '../../testing/record.fixture.js';
import {
  ATTEMPTS_KEPT_MAX,
  COMMITS_KEPT_MAX,
  DELIVERIES_KEPT_MAX,
  RecentDeliveries,
} from './recent-deliveries.js';

const ID = '0198c0de-0000-7000-8000-000000000001';
const at = { topic: 'payment.completed', partition: 0 };
const iso = (ms: number) => new Date(ms).toISOString();
const recordOf = (paymentId: string, offset = 7n, partition = 0) =>
  aRecord({ offset, partition, headers: { [CE_HEADERS.subject]: Buffer.from(paymentId) } });
const paymentId = (n: number) => `0198c0de-0000-7000-8000-${String(n).padStart(12, '0')}`;

describe('the trace of a delivery', () => {
  it('tells when the record was fetched, tried, applied and committed', () => {
    const traces = new RecentDeliveries();
    traces.opened(at, 5n);
    const trace = traces.begin(recordOf(ID), 1_000);
    trace.attemptStarted(1_100);
    expect(traces.of(ID)).toMatchObject([{ outcome: 'in_flight', attempts: [] }]);
    trace.attemptEnded(1_200, undefined);
    trace.outcome = 'applied';
    traces.committed(at, 7n, 1_300);
    expect(traces.of(ID)).toMatchObject([{ committedAt: null }]);
    traces.committed(at, 9n, 1_400);
    traces.committed(at, 12n, 1_500);
    expect(traces.of(ID)).toEqual([
      {
        paymentId: ID,
        ...at,
        offset: '7',
        fetchedAt: iso(1_000),
        attempts: [
          { startedAt: iso(1_100), endedAt: iso(1_200), error: null, nextAttemptAt: null },
        ],
        outcome: 'applied',
        committedAt: iso(1_400),
      },
    ]);
  });

  it('keeps each attempt with its error and the time of the next one', () => {
    const traces = new RecentDeliveries();
    const trace = traces.begin(recordOf(ID), 0);
    trace.attemptStarted(10);
    trace.attemptEnded(20, 'RefusedForNow');
    trace.nextAttemptAt(520);
    expect(traces.find(recordOf(ID))?.failure).toEqual({ error: 'RefusedForNow', nextAtMs: 520 });
    trace.attemptStarted(530);
    trace.attemptEnded(540, undefined);
    expect(trace.failure).toBeUndefined();
    expect(traces.of(ID)[0]?.attempts).toEqual([
      { startedAt: iso(10), endedAt: iso(20), error: 'RefusedForNow', nextAttemptAt: iso(520) },
      { startedAt: iso(530), endedAt: iso(540), error: null, nextAttemptAt: null },
    ]);
  });

  it('is one per delivery, the newest first, and goes on when the same record failed before', () => {
    const traces = new RecentDeliveries();
    const first = traces.begin(recordOf(ID), 0);
    expect(traces.begin(recordOf(ID), 5)).toBe(first);
    first.outcome = 'applied';
    traces.begin(recordOf(ID), 10).outcome = 'duplicate';
    traces.begin(recordOf(ID, 3n, 1), 20);
    expect(traces.of(ID).map(({ offset, outcome }) => [offset, outcome])).toEqual([
      ['3', 'in_flight'],
      ['7', 'duplicate'],
      ['7', 'applied'],
    ]);
  });

  it('does not claim a commit that this process has not seen', () => {
    const traces = new RecentDeliveries();
    traces.begin(recordOf(ID), 0).outcome = 'applied';
    // Another member committed it, and then this one got the partition again.
    traces.opened(at, 8n);
    traces.committed(at, 10n, 900);
    expect(traces.of(ID)).toMatchObject([{ committedAt: null }]);
  });

  it('forgets the commits of offsets that an operator moved back', () => {
    const traces = new RecentDeliveries();
    traces.opened(at, 0n);
    traces.begin(recordOf(ID), 0).outcome = 'applied';
    traces.committed(at, 10n, 100);
    traces.opened(at, 2n);
    expect(traces.of(ID)).toMatchObject([{ committedAt: null }]);
    traces.committed(at, 8n, 200);
    expect(traces.of(ID)).toMatchObject([{ committedAt: iso(200) }]);
  });

  it('has no trace of a record without a payment id, and lists nothing for an unknown one', () => {
    const traces = new RecentDeliveries();
    for (const subject of [undefined, Buffer.from('short'), [Buffer.from(ID), Buffer.from(ID)]])
      traces.begin(aRecord({ headers: subject ? { [CE_HEADERS.subject]: subject } : {} }), 0);
    expect(traces.of(ID)).toEqual([]);
    expect(traces.find(aRecord())).toBeUndefined();
  });

  it('is bounded in payments, attempts, deliveries and commits', () => {
    const traces = new RecentDeliveries(3);
    for (let n = 0; n < 10; n += 1) traces.begin(recordOf(paymentId(n), BigInt(n)), n);
    expect(traces.of(paymentId(6))).toEqual([]);
    expect(traces.of(paymentId(7))).toHaveLength(1);

    const trace = traces.begin(recordOf(ID, 99n), 0);
    for (let n = 0; n < 1_000; n += 1) {
      trace.attemptStarted(n);
      trace.attemptEnded(n, 'DependencyDown');
    }
    expect(traces.of(ID)[0]?.attempts).toHaveLength(ATTEMPTS_KEPT_MAX);
    for (let n = 0; n < 100; n += 1) traces.begin(recordOf(ID, BigInt(n)), n).outcome = 'duplicate';
    expect(traces.of(ID)).toHaveLength(DELIVERIES_KEPT_MAX);
    let length = 0;
    for (let one = traces.find(recordOf(ID, 99n)); one; one = one.before) length += 1;
    expect(length).toBeLessThanOrEqual(DELIVERIES_KEPT_MAX);

    traces.opened(at, 0n);
    traces.begin(recordOf(ID, 0n), 0).outcome = 'applied';
    for (let n = 1n; n <= COMMITS_KEPT_MAX + 5; n += 1n) traces.committed(at, n, Number(n));
    // Its commit is forgotten. A later one did not commit it first.
    expect(traces.of(ID)).toMatchObject([
      { offset: '0', committedAt: null },
      ...traces.of(ID).slice(1),
    ]);
  });
});
