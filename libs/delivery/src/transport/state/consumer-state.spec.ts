import { CE_HEADERS } from '@effectively-once/contracts';
import { Circuit } from '../../circuit/circuit-breaker.js';
import { DependencyDown } from '../../failure.js';
import { aPartition, records, turns } from '../../partition/partition.fixture.js';
import { emptyMetadata } from '../../recovery/offset-metadata.js';
import { aRecord } from '../../testing/record.fixture.js';
import { consumerReport, LANES_SHOWN_MAX } from './consumer-state.js';
import { RecentDeliveries } from './recent-deliveries.js';

const ID = '0198c0de-0000-7000-8000-000000000001';
const now = new Date('2026-11-20T10:00:00Z');
const never = () => new Promise<never>(() => undefined);
const report = (partition: ReturnType<typeof aPartition>['partition'], traces: RecentDeliveries) =>
  consumerReport({
    consumer: 'email',
    partitions: [partition.view()],
    circuits: [],
    traces,
    now,
  }).partitions[0]!;

it('shows a parked lane first: what blocks its key, why, and when it is tried again', async () => {
  const traces = new RecentDeliveries();
  const { partition } = aPartition(async (record, lane) => {
    if (record.key?.toString() !== 'bob') return await never();
    const trace = traces.begin(record, lane.fetchedAtMs);
    trace.attemptStarted(1);
    trace.attemptEnded(2, 'MailboxBusy');
    trace.nextAttemptAt(now.getTime() + 500);
    await lane.park(never);
  });
  partition.open(emptyMetadata(), 10n);
  partition.push(
    records(10, 11, () => 'alice'),
    13n,
  );
  const key = Buffer.from('bob');
  const headers = { [CE_HEADERS.subject]: Buffer.from(ID) };
  partition.push([aRecord({ offset: 11n, key, headers }), aRecord({ offset: 12n, key })], 13n);
  await turns();
  const { lanes, ...rest } = report(partition, traces);
  expect(rest).toMatchObject({ watermark: '10', committed: '10', isPaused: false, inFlight: 3 });
  expect(lanes).toEqual([
    {
      key: 'bob',
      offset: '11',
      paymentId: ID,
      attempts: 0,
      attemptsMax: 5,
      nextAttemptAt: '2026-11-20T10:00:00.500Z',
      error: 'MailboxBusy',
      isParked: true,
      waitingRecords: 1,
    },
    expect.objectContaining({ key: 'alice', isParked: false, error: null, nextAttemptAt: null }),
  ]);
});

it('is bounded, and a parked lane behind many others is still shown', async () => {
  const { partition } = aPartition(async (record, lane) => {
    await (record.offset === 0n ? lane.park(never) : never());
  });
  partition.open(emptyMetadata());
  partition.push(
    records(0, 1, () => 'parked'),
    1_001n,
  );
  await turns();
  partition.push(
    records(1, 1_001, (n) => `user-${n}`),
    1_001n,
  );
  const { lanes } = report(partition, new RecentDeliveries());
  expect(lanes).toHaveLength(LANES_SHOWN_MAX);
  expect(lanes[0]).toMatchObject({ key: 'parked', isParked: true });
});

it('shows no key that can be a mail address', async () => {
  const { partition } = aPartition(never);
  partition.open(emptyMetadata());
  partition.push(
    [
      aRecord({ offset: 1n, key: Buffer.from('alice@example.com') }),
      aRecord({ offset: 2n, key: null }),
    ],
    3n,
  );
  const { lanes } = report(partition, new RecentDeliveries());
  expect(lanes.map(({ key }) => key)).toEqual(['offset 1', 'offset 2']);
});

it('shows the committed offset only after the broker has acknowledged it', async () => {
  let acknowledge: () => void = () => undefined;
  const { partition } = aPartition(async () => undefined, {
    commit: () => new Promise<void>((resolve) => (acknowledge = resolve)),
  });
  partition.open(emptyMetadata(), 4n);
  partition.push(
    records(4, 5, () => 'alice'),
    5n,
  );
  await turns();
  expect(report(partition, new RecentDeliveries()).committed).toBe('4');
  while (report(partition, new RecentDeliveries()).committed !== '5') {
    acknowledge();
    await turns();
  }
});

it('shows when an open circuit is probed next', async () => {
  const circuit = new Circuit({ dependency: 'smtp', probe: never, wait: never });
  await circuit
    .call('alice', () => Promise.reject(new DependencyDown('smtp')))
    .catch(() => undefined);
  const { circuits } = consumerReport({
    consumer: 'email',
    partitions: [],
    circuits: [{ circuit, since: now }],
    traces: new RecentDeliveries(),
    now,
  });
  expect(circuits).toEqual([
    {
      dependency: 'smtp',
      state: 'open',
      since: now.toISOString(),
      nextProbeAt: expect.any(String),
    },
  ]);
});
