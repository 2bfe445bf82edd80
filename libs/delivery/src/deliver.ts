import type { ErrorClass } from '@effectively-once/contracts';
import { ATTEMPTS_MAX, backOffMs, LEASE_LOOK_MS } from './backoff.js';
import { isSymptomOfOutage } from './circuit/circuit-breaker.js';
import { CalledOff, classify, type FailureClass, type LeaseHeld } from './failure.js';
import type { Applied } from './idempotency-strategy.js';
import type { KafkaRecord } from '@effectively-once/kafka';

export type Outcome = Applied | 'dead_lettered';

export interface Settled {
  outcome: Outcome;
  /** How many attempts the effect took, those before a crash too; a poison record's is 0. */
  attempts: number;
}

export interface Failure {
  error: unknown;
  errorClass: ErrorClass;
  attempts: number;
  firstFailedAt: Date;
}

/** What the life of a record needs from outside. Every wait lets the other lanes go on. */
export interface Delivery<Event> {
  decode: (record: KafkaRecord) => Event;
  /** The effect inside its strategy. */
  once: (event: Event) => Promise<Applied>;
  /** Surrounds each attempt: one that kills its process must leave a trace. */
  attempt: <Result>(run: () => Promise<Result>) => Promise<Result>;
  /** Resolves when the dead-letter topic has the record for good. */
  deadLetter: (record: KafkaRecord, failure: Failure) => Promise<void>;
  /** Attempts counted in earlier deliveries: by a process that was killed, or before the topic refused. */
  attemptsBefore: number;
  /** Resolves after `ms`, and when no crash can take the count of attempts back. @throws when called off. */
  backOff: (ms: number, attempts: number) => Promise<void>;
  /**
   * Resolves when the dependency behind this error may be tried again. What was counted before, and
   * is no more, must not be counted by the process after a crash either. @throws when called off.
   */
  untilUsable: (error: unknown, so: { waits: number; attempts: number }) => Promise<void>;
  /** Asked before the record is given up: is it the record, or is its dependency down after all? */
  isDependencyToBlame: (error: unknown) => Promise<boolean>;
  observe: (attempt: { result: Applied | FailureClass; attempt: number; error?: unknown }) => void;
  now: () => Date;
  random: () => number;
}

/**
 * One record's life:
 *
 *   decode ──► once(effect) ──► settled ──► (the watermark is committed)
 *     │            ├─ dependency down ─► wait for its circuit, not counted ─► once(effect) again
 *     │            ├─ lease held elsewhere ─► wait, not counted ────────────► once(effect) again
 *     │            ├─ transient ───────► back off, counted ─────────────────► once(effect) again
 *     │            ├─ permanent / attempts used up ─┐
 *     └─ poison ───┴────────────────────────────────┴► dead-letter (awaited) ─► settled
 *
 * It returns only when the record is settled. If it throws (dead-lettering refused, or called off
 * while waiting), nothing was settled, nothing may be committed, and the record comes back.
 */
export async function deliver<Event>(record: KafkaRecord, to: Delivery<Event>): Promise<Settled> {
  const counted: unknown[] = [];
  // Counted anew each time: what was counted may turn out to have been an outage.
  const attempts = () =>
    to.attemptsBefore + counted.filter((one) => !isSymptomOfOutage(one)).length;
  let firstFailedAt: Date | undefined;
  for (let waits = 0; ; waits += 1) {
    try {
      const outcome = await to.attempt(async () => await to.once(to.decode(record)));
      to.observe({ result: outcome, attempt: attempts() + 1 });
      return { outcome, attempts: attempts() + 1 };
    } catch (error) {
      // Not tried, so not counted: a record on its last attempt would be given up by a deploy.
      if (error instanceof CalledOff) throw error;
      const errorClass = isSymptomOfOutage(error) ? 'dependency_down' : classify(error);
      to.observe({ result: errorClass, attempt: attempts() + 1, error });
      firstFailedAt ??= to.now();
      switch (errorClass) {
        case 'dependency_down':
          await to.untilUsable(error, { waits, attempts: attempts() });
          continue;
        case 'held':
          await to.backOff(Math.min((error as LeaseHeld).retryAfterMs, LEASE_LOOK_MS), attempts());
          continue;
        case 'transient':
          counted.push(error);
          if (attempts() < ATTEMPTS_MAX) {
            await to.backOff(backOffMs(attempts(), to.random), attempts());
            continue;
          }
          if (await to.isDependencyToBlame(error)) {
            await to.untilUsable(error, { waits, attempts: attempts() });
            continue;
          }
          break;
        case 'permanent':
          counted.push(error);
          break;
        case 'poison':
          break;
        default:
          errorClass satisfies never;
      }
      // If dead-lettering throws, nothing is settled and the record comes back. Leave it so.
      await to.deadLetter(record, { error, errorClass, attempts: attempts(), firstFailedAt });
      return { outcome: 'dead_lettered', attempts: attempts() };
    }
  }
}
