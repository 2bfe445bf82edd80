import { jest } from '@jest/globals';
import { register } from 'prom-client';
import { DeliveryMetrics } from './delivery-metrics.js';
import { PartitionMetrics } from './partition-metrics.js';
import { RecentDeliveries } from './state/recent-deliveries.js';

const WRITTEN_AT = Date.parse('2026-11-20T10:00:00Z');
const log = { info: () => undefined, warn: () => undefined };
const at = { topic: 'payment.completed', partition: 3 };

beforeEach(() => jest.useFakeTimers({ now: WRITTEN_AT }));
afterEach(() => jest.useRealTimers());

async function lagSeconds(): Promise<number | undefined> {
  const { values } = (await register.getSingleMetric('delivery_lag_seconds')?.get()) ?? {
    values: [],
  };
  return values.find(({ labels }) => labels['consumer'] === 'email')?.value;
}

describe('how far behind a consumer is', () => {
  it('grows while no record completes, and is that of the oldest record of all partitions', async () => {
    const metrics = new PartitionMetrics('email', log, new RecentDeliveries());
    metrics.lagging(at, 2, WRITTEN_AT);
    metrics.lagging({ ...at, partition: 4 }, 1, WRITTEN_AT + 60_000);
    jest.setSystemTime(WRITTEN_AT + 90_000);
    await expect(lagSeconds()).resolves.toBe(90);
    metrics.lagging(at, 0, undefined);
    await expect(lagSeconds()).resolves.toBe(30);
  });

  it('is zero when all records are complete, and after the partitions were revoked', async () => {
    const metrics = new PartitionMetrics('email', log, new RecentDeliveries());
    await expect(lagSeconds()).resolves.toBe(0);
    metrics.lagging(at, 1, WRITTEN_AT - 5_000);
    metrics.forgetPartitions();
    await expect(lagSeconds()).resolves.toBe(0);
  });

  it('is never negative, even if the broker’s clock is ahead', async () => {
    new PartitionMetrics('email', log, new RecentDeliveries()).lagging(at, 1, WRITTEN_AT + 5_000);
    await expect(lagSeconds()).resolves.toBe(0);
  });
});

it('starts the counters of alerts at zero, so that the first increase is visible', async () => {
  new DeliveryMetrics('search');
  new PartitionMetrics('search', log, new RecentDeliveries());
  for (const name of [
    'delivery_key_collisions_total',
    'delivery_window_full_total',
    'delivery_redelivery_age_seconds',
  ]) {
    const { values } = (await register.getSingleMetric(name)?.get()) ?? { values: [] };
    const own = values.filter(({ labels }) => labels['consumer'] === 'search');
    expect(own.map(({ value }) => value)).toContain(0);
  }
});

it('the needed deduplication window is that of the oldest redelivery, and starts at zero', async () => {
  const metrics = new DeliveryMetrics('email');
  const needed = async () => {
    const found = await register.getSingleMetric('delivery_dedup_window_needed_seconds')?.get();
    return found?.values.find(({ labels }) => labels['consumer'] === 'email')?.value;
  };
  await expect(needed()).resolves.toBe(0);
  for (const ageSeconds of [60, 3_600, 120]) metrics.redelivered(ageSeconds);
  await expect(needed()).resolves.toBe(4_500);
});
