import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumerName } from '@effectively-once/contracts';
import { userOf, type KafkaRecord, type RecordProducer } from '@effectively-once/kafka';
import { ATTEMPTS_MAX, dependencyBackOffMs } from '../backoff.js';
import type { Circuit } from '../circuit/circuit-breaker.js';
import { circuitBehind, isDependencyToBlame } from '../circuit/streak.js';
import { deadLetterOf, produceDeadLetter } from '../dead-letter.js';
import { deliver, type Delivered, type Delivery } from '../deliver.js';
import { DependencyDown, IdempotencyCollision, redactedError } from '../failure.js';
import type { RecordCompleter, RecordLane } from '../partition/record-lane.js';
import type { ReachDeliveryPoint } from './failure-points.js';
import type { DeliveryLog } from './delivery-log.js';
import type { DeliveryMetrics } from './delivery-metrics.js';
import type { DeliveredEvent, Handler } from './handler.js';
import type { RecentDeliveries, RecordTrace } from './state/recent-deliveries.js';

export interface DeliveringCompleterOptions {
  consumer: ConsumerName;
  appVersion: string;
  log: DeliveryLog;
  reach: ReachDeliveryPoint;
  metrics: DeliveryMetrics;
  traces: RecentDeliveries;
  producer: Pick<RecordProducer, 'send'>;
  circuits: readonly Circuit[];
  handler: Handler;
}

/** Connects `deliver()` with its lane, circuit breakers, dead letter topic, metrics and log. */
export class DeliveringCompleter implements RecordCompleter {
  constructor(private readonly options: DeliveringCompleterOptions) {}

  async complete(record: KafkaRecord, lane: RecordLane): Promise<void> {
    const { metrics, traces, log, reach, producer, consumer, appVersion } = this.options;
    const startedAtMs = performance.now();
    const trace = traces.begin(record, lane.fetchedAtMs);
    let event: DeliveredEvent | undefined;
    // Without a decoded event it is unknown whether the key is a user id, so it is not logged.
    const identity = () => ({
      ...positionOf(record),
      ...(event && { eventId: event.id, userId: userOf(record) }),
    });
    const delivered = await deliver<DeliveredEvent>(record, {
      ...attempting(this.options, { lane, trace }, (decoded) => (event = decoded)),
      ...waiting(this.options, { lane, trace }, userOf(record)),
      deadLetter: async (dead, failure) => {
        reach('before_dead_letter');
        if (failure.error instanceof IdempotencyCollision) metrics.collided();
        log.warn({ ...identity(), error: redactedError(failure.error) }, 'dead-lettering');
        const letter = deadLetterOf(dead, failure, { consumer, appVersion, now: new Date() });
        const size = await produceDeadLetter(producer, letter);
        if (size === 'cut') log.warn(identity(), 'the dead letter was cut: it is too large');
        reach('after_dead_letter');
      },
      observe: ({ result, attempt, error }) => {
        metrics.attempted(result);
        const failure = error === undefined ? undefined : redactedError(error);
        trace.attemptEnded(Date.now(), failure?.name);
        if (failure === undefined) return;
        const line = { ...identity(), result, attempt, attemptsMax: ATTEMPTS_MAX };
        log.warn({ ...line, error: failure }, 'attempt failed');
      },
      now: () => new Date(),
      random: Math.random,
    });
    trace.outcome = delivered.outcome;
    if (delivered.outcome !== 'dead_lettered') reach('before_commit');
    measure(metrics, delivered, event);
    log.info(
      {
        ...identity(),
        outcome: delivered.outcome,
        attempt: delivered.attempts,
        attemptsMax: ATTEMPTS_MAX,
        ms: Math.round(performance.now() - startedAtMs),
      },
      'completed',
    );
  }
}

interface Traced {
  lane: RecordLane;
  trace: RecordTrace;
}

function attempting(
  { handler, reach }: DeliveringCompleterOptions,
  { lane, trace }: Traced,
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
    attempt: (run) =>
      lane.attempt(() => {
        trace.attemptStarted(Date.now());
        return run();
      }),
  };
}

function waiting(
  { circuits }: DeliveringCompleterOptions,
  { lane, trace }: Traced,
  user: string,
): Pick<Delivery<DeliveredEvent>, 'backOff' | 'untilUsable' | 'isDependencyToBlame'> {
  const backOff = async (ms: number, attempts: number) =>
    await lane.park(async (signal) => {
      await lane.rememberAttempts(attempts);
      trace.nextAttemptAt(Date.now() + ms);
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

function measure(metrics: DeliveryMetrics, { outcome }: Delivered, event?: DeliveredEvent): void {
  metrics.completed(outcome);
  const ageSeconds = event ? (Date.now() - Date.parse(event.time)) / 1_000 : 0;
  // The effect is applied, so an unreadable time must not make the delivery fail and repeat.
  if (Number.isNaN(ageSeconds)) return;
  if (outcome === 'applied') metrics.reachedEffect(ageSeconds);
  if (outcome === 'duplicate') metrics.redelivered(ageSeconds);
}

const positionOf = ({ topic, partition, offset }: KafkaRecord) => ({
  topic,
  partition,
  offset: offset.toString(),
});
