import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumerName } from '@effectively-once/contracts';
import { ATTEMPTS_MAX, dependencyBackOffMs } from '../backoff.js';
import { circuitBehind, isDependencyToBlame, type Circuit } from '../circuit/circuit-breaker.js';
import { deadLetterOf } from '../dead-letter.js';
import { deliver, type Delivery, type Settled } from '../deliver.js';
import type { DeliveryMetrics } from './delivery-metrics.js';
import type { ReachPoint } from '../testing/failure-points.js';
import { DependencyDown, IdempotencyCollision, inOurWords } from '../failure.js';
import type { Handler } from './handler.js';
import type { RecordProducer } from '@effectively-once/kafka';
import { userOf, type KafkaRecord } from '@effectively-once/kafka';
import type { DeliveredEvent } from './lane-transport.js';
import type { RecordLane } from '../partition/partition.js';

export interface DeliveryLog {
  info(line: Record<string, unknown>, message: string): void;
  warn(line: Record<string, unknown>, message: string): void;
}

/** Settles one record in its lane. A rejection brings it back. */
export type Settle = (record: KafkaRecord, lane: RecordLane) => Promise<void>;

export interface SettlerOptions {
  consumer: ConsumerName;
  appVersion: string;
  log: DeliveryLog;
  reach: ReachPoint;
  metrics: DeliveryMetrics;
  producer: Pick<RecordProducer, 'send'>;
  circuits: readonly Circuit[];
  handler: Handler;
}

/** Gives `deliver()` its lane, its circuits, its dead-letter topic, its metrics and its log. */
export function settler(options: SettlerOptions): Settle {
  const { metrics, log, reach } = options;
  return async (record, lane) => {
    const startedAtMs = performance.now();
    let event: DeliveredEvent | undefined;
    // An event that could not be decoded is nobody's: its key is not known to be a user.
    const whose = () => ({
      ...positionOf(record),
      ...(event && { eventId: event.id, userId: userOf(record) }),
    });
    const settled = await deliver<DeliveredEvent>(record, {
      ...attempting(options, lane, (decoded) => (event = decoded)),
      ...waiting(options, lane, userOf(record)),
      deadLetter: async (dead, failure) => {
        reach('before_dead_letter');
        const { consumer, appVersion } = options;
        if (failure.error instanceof IdempotencyCollision) metrics.collided();
        log.warn({ ...whose(), error: inOurWords(failure.error) }, 'dead-lettering');
        await options.producer.send(
          deadLetterOf(dead, failure, { consumer, appVersion, now: new Date() }),
        );
        reach('after_dead_letter');
      },
      observe: ({ result, attempt, error }) => {
        metrics.attempted(result);
        if (error === undefined) return;
        const line = { ...whose(), result, attempt, attemptsMax: ATTEMPTS_MAX };
        log.warn({ ...line, error: inOurWords(error) }, 'attempt failed');
      },
      now: () => new Date(),
      random: Math.random,
    });
    if (settled.outcome !== 'dead_lettered') reach('before_commit');
    measure(metrics, settled, event);
    log.info(
      {
        ...whose(),
        outcome: settled.outcome,
        attempt: settled.attempts,
        attemptsMax: ATTEMPTS_MAX,
        ms: Math.round(performance.now() - startedAtMs),
      },
      'settled',
    );
  };
}

function attempting(
  { handler, reach }: SettlerOptions,
  lane: RecordLane,
  onDecoded: (event: DeliveredEvent) => void,
): Pick<Delivery<DeliveredEvent>, 'decode' | 'once' | 'attempt' | 'attemptsBefore'> {
  return {
    attemptsBefore: lane.attemptsBefore,
    decode: (record) => {
      const event = handler.decode(record);
      onDecoded(event);
      reach('after_decode');
      return event;
    },
    once: handler.once,
    attempt: lane.attempt,
  };
}

function waiting(
  { circuits }: SettlerOptions,
  lane: RecordLane,
  user: string,
): Pick<Delivery<DeliveredEvent>, 'backOff' | 'untilUsable' | 'isDependencyToBlame'> {
  const backOff = async (ms: number, attempts: number) =>
    await lane.park(async (signal) => {
      await lane.rememberAttempts(attempts);
      await sleep(ms, undefined, { signal });
    });
  return {
    backOff,
    untilUsable: async (error, { waits, attempts }) => {
      const circuit = circuitBehind(error) ?? circuits.find((one) => isBehind(one, error));
      if (!circuit || circuit.reading === 'closed') {
        return await backOff(dependencyBackOffMs(waits, Math.random), attempts);
      }
      await lane.park(async (signal) => {
        await lane.rememberAttempts(attempts);
        await circuit.untilUsable(user, signal);
      });
    },
    isDependencyToBlame,
  };
}

const isBehind = (circuit: Circuit, error: unknown) =>
  error instanceof DependencyDown && error.dependency === circuit.dependency;

function measure(metrics: DeliveryMetrics, { outcome }: Settled, event?: DeliveredEvent): void {
  metrics.settled(outcome);
  const ageSeconds = event ? (Date.now() - Date.parse(event.time)) / 1_000 : 0;
  // Its effect is done: a time that cannot be read must not bring the record back, again and again.
  if (Number.isNaN(ageSeconds)) return;
  if (outcome === 'applied') metrics.reachedEffect(ageSeconds);
  if (outcome === 'duplicate') metrics.cameAgain(ageSeconds);
}

const positionOf = ({ topic, partition, offset }: KafkaRecord) => ({
  topic,
  partition,
  offset: offset.toString(),
});
