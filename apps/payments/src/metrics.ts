import { Counter, Gauge, Histogram, register } from 'prom-client';

export const checkoutRequests = new Counter({
  name: 'checkout_requests_total',
  help: 'Checkout requests by what they were answered with',
  labelNames: ['outcome'] as const,
});

export const checkoutDuration = new Histogram({
  name: 'checkout_duration_seconds',
  help: 'Time to answer a checkout request',
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10],
});

export const idempotencyReplays = new Counter({
  name: 'idempotency_replays_total',
  help: 'Requests answered from the stored response',
});

export const idempotencyKeyCollisions = new Counter({
  name: 'idempotency_key_collisions_total',
  help: 'Idempotency keys used again with another body',
});

export const pspRequests = new Counter({
  name: 'psp_requests_total',
  help: 'Requests to the PSP by what came of them',
  labelNames: ['result'] as const,
});

export const outboxEvents = new Counter({
  name: 'outbox_events_total',
  help: 'Outbox rows written by this process',
});

export const outboxDaysAhead = new Gauge({
  name: 'outbox_days_ahead',
  help: 'Days after today that have their outbox partition; 0 means tomorrow goes to the default one',
});

/** Gauges that ask the database when they are scraped. */
export function watchDatabase(read: {
  unsettled: () => Promise<{ status: string; count: number }[]>;
  pool: () => { total: number; idle: number; waiting: number };
}): void {
  // A process that makes the service again (a test) would be told that these names are taken.
  for (const name of ['payments_unsettled', 'db_pool_connections'])
    register.removeSingleMetric(name);
  new Gauge({
    name: 'payments_unsettled',
    help: 'Payments that are PENDING or UNKNOWN',
    labelNames: ['status'] as const,
    async collect() {
      this.reset();
      const counts = await read.unsettled().catch(() => undefined);
      // Without the database this one metric is absent; the scrape, and every other metric, is not.
      if (!counts) return;
      for (const status of ['PENDING', 'UNKNOWN']) this.set({ status }, 0);
      for (const { status, count } of counts) this.set({ status }, count);
    },
  });
  new Gauge({
    name: 'db_pool_connections',
    help: 'Connections of the pool, and callers waiting for one',
    labelNames: ['app', 'state'] as const,
    collect() {
      const { total, idle, waiting } = read.pool();
      this.set({ app: 'payments', state: 'active' }, total - idle);
      this.set({ app: 'payments', state: 'idle' }, idle);
      this.set({ app: 'payments', state: 'waiting' }, waiting);
    },
  });
}
