import { dedupWindowNeeded, type ConsumerName } from '@effectively-once/contracts';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { CircuitReading } from '../circuit/streak.js';
import type { DeliveryOutcome } from '../deliver.js';
import type { FailureClass } from '../failure.js';
import type { Applied } from '../idempotency-strategy.js';

const END_TO_END_BUCKETS_S = [
  0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 2, 5,
  10, 30, 60, 300,
];

const records = new Counter({
  name: 'delivery_records_total',
  help: 'Completed records',
  labelNames: ['consumer', 'outcome'] as const,
});
const attempts = new Counter({
  name: 'delivery_attempts_total',
  help: 'Attempts to apply an effect, by their result',
  labelNames: ['consumer', 'result'] as const,
});
const endToEnd = new Histogram({
  name: 'delivery_end_to_end_seconds',
  help: 'From the commit of the payment to the end of its effect',
  labelNames: ['consumer'] as const,
  buckets: END_TO_END_BUCKETS_S,
});
const collisions = new Counter({
  name: 'delivery_key_collisions_total',
  help: 'Same payment id with other content',
  labelNames: ['consumer'] as const,
});
const HOUR_S = 3_600;
const redeliveryAge = new Histogram({
  name: 'delivery_redelivery_age_seconds',
  help: 'Age of a redelivered event: the deduplication window must exceed it',
  labelNames: ['consumer'] as const,
  buckets: [
    1,
    60,
    HOUR_S,
    6 * HOUR_S,
    ...[1, 2, 3, 3.5, 4, 5, 6, 7].map((days) => days * 24 * HOUR_S),
  ],
});
const dedupWindow = new Gauge({
  name: 'delivery_dedup_window_needed_seconds',
  help: 'How long a deduplication marker must live by the redelivery ages since the start',
  labelNames: ['consumer'] as const,
});
// Payments has the same metric for the PSP, from its own circuit breaker (apps/payments/src/psp). A
// checkout is refused at once while its circuit is open. A record waits, and may itself be bad.
const circuitState = new Gauge({
  name: 'circuit_state',
  help: '0 closed (in use), 1 half-open (one call tries it), 2 open (not used)',
  labelNames: ['dependency'] as const,
});
const CIRCUIT_STATES: Record<CircuitReading, number> = { closed: 0, half_open: 1, open: 2 };

/** The metrics of one consumer's records and circuit breakers. */
export class DeliveryMetrics {
  private oldestRedeliveryS = 0;

  constructor(private readonly consumer: ConsumerName) {
    // An alert on an increase does not see a series that begins at one.
    collisions.inc({ consumer }, 0);
    redeliveryAge.zero({ consumer });
    this.showNeededWindow();
  }

  attempted(result: Applied | FailureClass): void {
    attempts.inc({ consumer: this.consumer, result });
  }

  collided(): void {
    collisions.inc({ consumer: this.consumer });
  }

  completed(outcome: DeliveryOutcome): void {
    records.inc({ consumer: this.consumer, outcome });
  }

  reachedEffect(seconds: number): void {
    endToEnd.observe({ consumer: this.consumer }, seconds);
  }

  redelivered(ageSeconds: number): void {
    redeliveryAge.observe({ consumer: this.consumer }, ageSeconds);
    this.oldestRedeliveryS = Math.max(this.oldestRedeliveryS, ageSeconds);
    this.showNeededWindow();
  }

  circuit(dependency: string, reading: CircuitReading): void {
    circuitState.set({ dependency }, CIRCUIT_STATES[reading]);
  }

  private showNeededWindow(): void {
    const { consumer } = this;
    dedupWindow.set({ consumer }, dedupWindowNeeded([this.oldestRedeliveryS]));
  }
}
