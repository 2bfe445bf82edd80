import { jest } from '@jest/globals';
import { register } from 'prom-client';
import { DeliveryMetrics } from './delivery-metrics.js';

const CAME_AT = Date.parse('2026-11-20T10:00:00Z');
const at = { topic: 'payment.completed', partition: 3 };

beforeEach(() => jest.useFakeTimers({ now: CAME_AT }));
afterEach(() => jest.useRealTimers());

async function lagSeconds(): Promise<number | undefined> {
  const { values } = (await register.getSingleMetric('delivery_lag_seconds')?.get()) ?? {
    values: [],
  };
  return values.find(({ labels }) => labels['consumer'] === 'email')?.value;
}

describe('how far behind a consumer is', () => {
  it('grows while nothing is settled, and is that of the oldest record of all partitions', async () => {
    const metrics = new DeliveryMetrics('email');
    metrics.lagging(at, 2, CAME_AT);
    metrics.lagging({ ...at, partition: 4 }, 1, CAME_AT + 60_000);
    jest.setSystemTime(CAME_AT + 90_000);
    await expect(lagSeconds()).resolves.toBe(90);
    metrics.lagging(at, 0, undefined);
    await expect(lagSeconds()).resolves.toBe(30);
  });

  it('is nothing when all is settled, and when the partitions are another member’s', async () => {
    const metrics = new DeliveryMetrics('email');
    await expect(lagSeconds()).resolves.toBe(0);
    metrics.lagging(at, 1, CAME_AT - 5_000);
    metrics.forgetPartitions();
    await expect(lagSeconds()).resolves.toBe(0);
  });

  it('is never negative, whatever the broker’s clock says', async () => {
    new DeliveryMetrics('email').lagging(at, 1, CAME_AT + 5_000);
    await expect(lagSeconds()).resolves.toBe(0);
  });
});

it('counts from zero what an alert waits for, so that the first one is seen', async () => {
  new DeliveryMetrics('search');
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
