import { scrapedGauge } from '@effectively-once/platform';
import { Counter, Gauge, Histogram } from 'prom-client';

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

const REFUND_RESULTS = [
  'owed',
  'pending',
  'requires_action',
  'refunded',
  'came_back',
  'failed',
  'left_to_a_person',
  'closed',
  'paid_twice',
];

export const pspRefunds = new Counter({
  name: 'psp_refunds_total',
  help: 'Captures that paid for nothing: owed when found or when a refund came back, then each change',
  labelNames: ['result'] as const,
});

export const pspDisputes = new Counter({
  name: 'psp_disputes_total',
  help: 'Disputes of customers with the card issuer, by what became of them',
  labelNames: ['result'] as const,
});

export const pspWebhooks = new Counter({
  name: 'psp_webhooks_total',
  help: 'Events of the PSP: handled, or unknown and kept for an operator',
  labelNames: ['outcome'] as const,
});

// An alert on an increase does not see a series that starts at one.
for (const result of REFUND_RESULTS) pspRefunds.inc({ result }, 0);
for (const result of ['opened', 'won', 'lost']) pspDisputes.inc({ result }, 0);
for (const outcome of ['handled', 'unknown']) pspWebhooks.inc({ outcome }, 0);

// The consumers have the same metric, from their own circuit breaker (libs/delivery/src/circuit). A
// checkout is refused at once while its circuit is open. A record waits, and may itself be bad.
export const circuitState = new Gauge({
  name: 'circuit_state',
  help: '0 closed (in use), 1 half-open (one call tries it), 2 open (not used)',
  labelNames: ['dependency'] as const,
});

export const outboxEvents = new Counter({
  name: 'outbox_events_total',
  help: 'Outbox rows written by this process',
});

/** Gauges that read the database at each scrape. */
export function watchDatabase(read: {
  openPayments: () => Promise<{ status: string; count: number }[]>;
  openPaymentsOldestSeconds: () => Promise<number>;
  openRefunds: () => Promise<{ status: string; count: number; oldestSeconds: number }[]>;
  openDisputes: () => Promise<{ state: string; count: number }[]>;
  outboxPartitionsAhead: () => Promise<number>;
  outboxPartitionsOverdue: () => Promise<number>;
  pool: () => { total: number; idle: number; waiting: number };
}): void {
  // First, so that it does not count callers that wait for the queries of the other gauges.
  scrapedGauge('db_pool_connections', CONNECTIONS_HELP, ['app', 'state'], async (set) => {
    const { total, idle, waiting } = read.pool();
    const app = 'payments';
    set(total - idle, { app, state: 'active' });
    set(idle, { app, state: 'idle' });
    set(waiting, { app, state: 'waiting' });
  });
  scrapedGauge(
    'payments_unsettled',
    'Payments that are PENDING or UNKNOWN',
    ['status'],
    async (set) => {
      const counts = await read.openPayments();
      for (const status of ['PENDING', 'UNKNOWN']) set(0, { status });
      for (const { status, count } of counts) set(count, { status });
    },
  );
  const oldest = 'How long the oldest payment has been PENDING or UNKNOWN; 0 when none is';
  scrapedGauge('payments_unsettled_oldest_seconds', oldest, [], async (set) =>
    set(await read.openPaymentsOldestSeconds()),
  );
  watchReversals(read);
  const ahead = 'Days after today with an outbox partition; 0: tomorrow has none';
  scrapedGauge('outbox_days_ahead', ahead, [], async (set) =>
    set(await read.outboxPartitionsAhead()),
  );
  const overdue = 'Days of the outbox out of retention, kept until the connector is past them';
  scrapedGauge('outbox_days_overdue', overdue, [], async (set) =>
    set(await read.outboxPartitionsOverdue()),
  );
}

const CONNECTIONS_HELP = 'Connections of the pool, and callers waiting for one';

type Reversals = Pick<Parameters<typeof watchDatabase>[0], 'openRefunds' | 'openDisputes'>;

function watchReversals(read: Reversals): void {
  const statuses = ['owed', 'pending', 'requires_action'];
  const open = 'Captures that pay for nothing and whose refund has not arrived';
  scrapedGauge('refunds_open', open, ['status'], async (set) => {
    for (const status of statuses) set(0, { status });
    for (const { status, count } of await read.openRefunds()) set(count, { status });
  });
  const oldest = 'How long ago the oldest of them was found';
  scrapedGauge('refunds_open_oldest_seconds', oldest, ['status'], async (set) => {
    for (const status of statuses) set(0, { status });
    for (const { status, oldestSeconds } of await read.openRefunds())
      set(oldestSeconds, { status });
  });
  const disputes = 'Disputes that are not closed, by who has to act: we, or the card issuer';
  scrapedGauge('disputes_open', disputes, ['state'], async (set) => {
    for (const state of ['needs_response', 'under_review']) set(0, { state });
    for (const { state, count } of await read.openDisputes()) set(count, { state });
  });
}
