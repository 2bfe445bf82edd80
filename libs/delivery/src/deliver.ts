import type { ErrorClass } from '@effectively-once/contracts';
import { ATTEMPTS_MAX, backOffMs, dependencyBackOffMs } from './back-off.js';
import { classify, type FailureClass, type LeaseHeld } from './failure.js';
import type { Applied } from './idempotency-strategy.js';
import type { KafkaRecord } from './kafka-record.js';

export type Outcome = Applied | 'dead_lettered';

export interface Settled {
  outcome: Outcome;
  /** How many attempts the effect took; a poison record's is 0. */
  attempts: number;
}

export interface Failure {
  error: unknown;
  errorClass: ErrorClass;
  attempts: number;
  firstFailedAt: Date;
}

/** What the life of a record needs from outside. */
export interface Delivery<Event> {
  decode: (record: KafkaRecord) => Event;
  /** The effect inside its strategy. */
  once: (event: Event) => Promise<Applied>;
  /** Resolves when the dead-letter topic has the record for good. */
  deadLetter: (record: KafkaRecord, failure: Failure) => Promise<void>;
  /** @throws when the delivery is called off: shutdown, or the partition went to someone else. */
  wait: (ms: number) => Promise<void>;
  observe: (attempt: { result: Applied | FailureClass; error?: unknown }) => void;
  now: () => Date;
  random: () => number;
}

/**
 * One record's life:
 *
 *   decode ──► once(effect) ──► settled ──► (the caller commits)
 *     │            ├─ dependency down ─► wait, not counted ───────► once(effect) again
 *     │            ├─ lease held elsewhere ─► wait, not counted ──► once(effect) again
 *     │            ├─ transient ───────► back off, counted ───────► once(effect) again
 *     │            ├─ permanent / attempts used up ─┐
 *     └─ poison ───┴────────────────────────────────┴► dead-letter (awaited) ─► settled
 *
 * It returns only when the record is settled. If it throws (dead-lettering refused, or called off
 * while waiting), nothing was settled, nothing may be committed, and the record comes back.
 */
export async function deliver<Event>(record: KafkaRecord, to: Delivery<Event>): Promise<Settled> {
  let attempts = 0;
  let dependencyWaits = 0;
  let firstFailedAt: Date | undefined;
  for (;;) {
    try {
      const outcome = await to.once(to.decode(record));
      to.observe({ result: outcome });
      return { outcome, attempts: attempts + 1 };
    } catch (error) {
      const errorClass = classify(error);
      to.observe({ result: errorClass, error });
      firstFailedAt ??= to.now();
      switch (errorClass) {
        case 'dependency_down':
          await to.wait(dependencyBackOffMs(dependencyWaits++, to.random));
          continue;
        case 'held':
          await to.wait((error as LeaseHeld).retryAfterMs);
          continue;
        case 'transient':
          attempts += 1;
          if (attempts < ATTEMPTS_MAX) {
            await to.wait(backOffMs(attempts, to.random));
            continue;
          }
          break;
        case 'permanent':
          attempts += 1;
          break;
        case 'poison':
          break;
        default:
          errorClass satisfies never;
      }
      // If dead-lettering throws, nothing is settled and the record comes back. Leave it so.
      await to.deadLetter(record, { error, errorClass, attempts, firstFailedAt });
      return { outcome: 'dead_lettered', attempts };
    }
  }
}
