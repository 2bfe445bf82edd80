import type { GroupMeasurement } from '../../../pipeline/groups/group-watch.js';
import { OverviewCollector, type OverviewReach } from './overview-collector.js';

const CLOSED = 'http://127.0.0.1:1';
const never = () => new Promise<never>(() => undefined);

/** A pipeline of which nothing can be read, except what the test changes. */
function aCollector(changes: Partial<OverviewReach> = {}) {
  let nowMs = 1_000_000;
  let measurements = 0;
  const collector = new OverviewCollector({
    urls: {
      payments: CLOSED,
      email: CLOSED,
      loyalty: CLOSED,
      search: CLOSED,
    },
    query: () => Promise.reject(new Error('refused')),
    groups: { latest: () => undefined, measureNow: () => void (measurements += 1) },
    connector: () => {
      throw new Error('not observed yet');
    },
    pages: () => Promise.reject(new Error('refused')),
    faults: () => Promise.reject(new Error('refused')),
    deadLettersPending: () => Promise.reject(new Error('refused')),
    now: () => nowMs,
    ...changes,
  });
  const pass = (ms: number) => void (nowMs += ms);
  return { collector, pass, measured: () => measurements };
}

const measurement = (atMs: number, records: number, end: bigint): GroupMeasurement => ({
  atMs,
  records,
  oldestSeconds: 7,
  ends: [
    { topic: 'payment.completed', partition: 0, end },
    { topic: 'payment.completed.email.redrive', partition: 0, end: 99n },
  ],
});

describe('the overview', () => {
  it('has null, and never 0, for what cannot be read', async () => {
    const { collector } = aCollector();
    const overview = await collector.collect();
    expect(overview).toMatchObject({
      payments: { isUp: false, perSecond: null, unsettled: null, pspCircuit: null },
      outbox: { rows: null, latestAt: null },
      slot: { lagBytes: null, lagSeconds: null, retainedBytes: null, status: null },
      connector: { state: null, detail: null },
      topic: { perSecond: null, partitions: null },
      openPages: null,
      faults: null,
    });
    for (const consumer of overview.consumers)
      expect(consumer).toEqual({
        name: expect.any(String),
        isUp: false,
        perSecond: null,
        lagRecords: null,
        oldestSeconds: null,
        trend: null,
        clearsInSeconds: null,
        circuits: [],
        parkedLanes: null,
        pausedPartitions: null,
        deadLettersPending: null,
      });
  });

  it('does not wait for a source that hangs: the others are there', async () => {
    const pages = async () => [
      {
        dedupKey: 'a',
        summary: 'AppDown',
        severity: null,
        runbook: 'docs/runbook.md#appdown',
        link: null,
        triggeredAt: 'noon',
        resolvedAt: null,
      },
      {
        dedupKey: 'b',
        summary: null,
        severity: null,
        runbook: null,
        link: null,
        triggeredAt: 'before',
        resolvedAt: 'noon',
      },
    ];
    const { collector } = aCollector({ query: never, deadLettersPending: never, pages });
    await expect(collector.collect()).resolves.toMatchObject({
      slot: { lagBytes: null },
      openPages: [{ summary: 'AppDown', severity: 'unknown', since: 'noon', runbook: '#appdown' }],
    });
  });

  it('shows lag and topic from outside, and nothing of a measurement that is old', async () => {
    let latest = measurement(1_000_000, 40, 1_000n);
    const groups = { latest: () => latest, measureNow: () => undefined };
    const { collector, pass } = aCollector({ groups });
    await collector.collect();
    pass(2_000);
    latest = measurement(1_002_000, 30, 1_100n);
    const overview = await collector.collect();
    expect(overview.topic).toEqual({ perSecond: 50, partitions: [{ partition: 0, end: '1100' }] });
    expect(overview.consumers[0]).toMatchObject({ lagRecords: '30', oldestSeconds: 7 });
    pass(60_000);
    const old = await collector.collect();
    expect(old.topic).toEqual({ perSecond: null, partitions: null });
    expect(old.consumers[0]).toMatchObject({ lagRecords: null, oldestSeconds: null, trend: null });
  });

  it('shows nothing of what it knew before a break', async () => {
    let isRefused = false;
    const pages = async () => (isRefused ? await never() : []);
    const { collector, pass } = aCollector({ pages });
    expect((await collector.collect()).openPages).toEqual([]);
    collector.forget();
    pass(600_000);
    isRefused = true;
    expect((await collector.collect()).openPages).toBeNull();
  });

  it('asks for a measurement of the groups every two seconds', async () => {
    const { collector, pass, measured } = aCollector();
    for (let second = 0; second < 6; second += 1) {
      await collector.collect();
      pass(1_000);
    }
    expect(measured()).toBe(3);
  });
});
