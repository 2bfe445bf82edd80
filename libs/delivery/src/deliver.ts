import type { ErrorClass } from '@effectively-once/contracts';
import type { KafkaRecord } from '@effectively-once/kafka';
import { ATTEMPTS_MAX, backOffMs, LEASE_POLL_MS } from './backoff.js';
import { classifyByCircuit, isRecordToBlame, isSymptomOfOutage } from './circuit/streak.js';
import { Cancelled, type FailureClass, type LeaseHeld } from './failure.js';
import type { Applied } from './idempotency-strategy.js';

export type DeliveryOutcome = Applied | 'dead_lettered';

export interface Delivered {
  outcome: DeliveryOutcome;
  /** Counted attempts, with those before a crash. A poison failure itself is not counted. */
  attempts: number;
}

export interface Failure {
  error: unknown;
  errorClass: ErrorClass;
  attempts: number;
  firstFailedAt: Date;
}

/** What `deliver()` needs from its caller. During each wait the other lanes continue. */
export interface Delivery<Event> {
  decode: (record: KafkaRecord) => Event;
  /** The effect inside its strategy. */
  once: (event: Event) => Promise<Applied>;
  /** Surrounds each attempt, so that an attempt that kills its process leaves a trace. */
  attempt: <Result>(run: () => Promise<Result>) => Promise<Result>;
  /** Resolves when the dead letter topic has acknowledged the record. */
  deadLetter: (record: KafkaRecord, failure: Failure) => Promise<void>;
  /** Attempts of earlier deliveries: before a crash, or before the dead letter topic refused. */
  attemptsBefore: number;
  /** Resolves after `ms`, once a crash cannot lose the attempt count. @throws when cancelled. */
  backOff: (ms: number, attempts: number) => Promise<void>;
  /**
   * Resolves when the dependency behind this error may be tried again. It stores `attempts` first:
   * an outage can lower that count, and a crash must not restore the old one.
   * @throws when cancelled.
   */
  untilUsable: (error: unknown, so: { waits: number; attempts: number }) => Promise<void>;
  /** Asked before dead-lettering: does the record fail, or is its dependency down? */
  isDependencyToBlame: (error: unknown) => Promise<boolean>;
  observe: (attempt: { result: Applied | FailureClass; attempt: number; error?: unknown }) => void;
  now: () => Date;
  random: () => number;
}

/**
 * The life of one record. Across Kafka and other systems there is no exactly-once delivery: records
 * are delivered at-least-once, and `once` makes the effect effectively-once.
 *
 *   decode ──► once(effect) ──► complete ──► (the committer commits the watermark)
 *     │            ├─ dependency down ─► wait for its circuit, not counted ─► once(effect) again
 *     │            ├─ lease held ──────► wait, not counted ─────────────────► once(effect) again
 *     │            ├─ transient, or permanent without proof ─► back off, counted ─► once(…) again
 *     │            ├─ attempts used up ─► is the dependency down? ─ yes ─► wait ─► once(…) again
 *     │            │                            └─ no ─┐
 *     │            ├─ permanent with proof ────────────┤
 *     └─ poison ───┴───────────────────────────────────┴► dead-letter (awaited) ─► complete
 *
 * It returns only when the record is complete. It throws when the dead letter topic refuses, or
 * when it is cancelled while it waits. Then nothing is complete, nothing may be committed, and the
 * record is redelivered.
 */
export async function deliver<Event>(record: KafkaRecord, to: Delivery<Event>): Promise<Delivered> {
  const counted: unknown[] = [];
  // Computed each time: the circuit breaker may find out later that a failure was an outage's.
  const attempts = () =>
    to.attemptsBefore + counted.filter((one) => !isSymptomOfOutage(one)).length;
  let firstFailedAt: Date | undefined;
  for (let waits = 0; ; waits += 1) {
    try {
      const outcome = await to.attempt(async () => await to.once(to.decode(record)));
      to.observe({ result: outcome, attempt: attempts() + 1 });
      return { outcome, attempts: attempts() + 1 };
    } catch (error) {
      // Not tried, so not counted. Otherwise a deploy could use up the last attempt of a record.
      if (error instanceof Cancelled) throw error;
      const errorClass = classifyByCircuit(error);
      to.observe({ result: errorClass, attempt: attempts() + 1, error });
      firstFailedAt ??= to.now();
      switch (errorClass) {
        case 'dependency_down':
          await to.untilUsable(error, { waits, attempts: attempts() });
          continue;
        case 'lease_held':
          await to.backOff(Math.min((error as LeaseHeld).retryAfterMs, LEASE_POLL_MS), attempts());
          continue;
        case 'transient':
        case 'permanent':
          counted.push(error);
          // Dead-letter at once only with proof that it is the record: the reply says so, or the
          // server has worked for another lane since. Without proof it may refuse every record.
          if (errorClass === 'permanent' && counted.some(isRecordToBlame)) break;
          if (attempts() < ATTEMPTS_MAX) {
            await to.backOff(backOffMs(attempts(), to.random), attempts());
            continue;
          }
          if (await to.isDependencyToBlame(error)) {
            await to.untilUsable(error, { waits, attempts: attempts() });
            continue;
          }
          break;
        case 'poison':
          break;
        default:
          errorClass satisfies never;
      }
      // Do not catch here: if dead-lettering throws, the record is not complete and is redelivered.
      await to.deadLetter(record, { error, errorClass, attempts: attempts(), firstFailedAt });
      return { outcome: 'dead_lettered', attempts: attempts() };
    }
  }
}
