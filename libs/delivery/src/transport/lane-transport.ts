import { redriveTopic, type ConsumerName } from '@effectively-once/contracts';
import { Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { BACK_OFF_SUM_MAX_MS, ATTEMPTS_MAX } from '../backoff.js';
import type { Circuit } from '../circuit/circuit-breaker.js';
import { DeliveryMetrics } from './delivery-metrics.js';
import type { ReachPoint } from '../testing/failure-points.js';
import { inOurWords } from '../failure.js';
import { handlerOf } from './handler.js';
import { RecordProducer } from '@effectively-once/kafka';
import type { KafkaRecord, TopicPartition } from '@effectively-once/kafka';
import { Membership } from './membership.js';
import type { PauseReason } from '../partition/partition.js';
import { assertWindowCovers } from '../partition/offset-tracker.js';
import { settler, type DeliveryLog, type Settle } from './complete-record.js';

/** The transport id consumers name: `@EventPattern(topic, LANES, { decode })`. */
export const LANES = Symbol('LANES');

/** The third argument of a consumer's `@EventPattern`. */
export interface LaneExtras {
  /** @throws PoisonRecord naming the faulty field. */
  decode: (record: KafkaRecord) => DeliveredEvent;
}

/** What the transport itself reads of an event, for its log line and its latency metric. */
export interface DeliveredEvent {
  id: string;
  /** RFC 3339: when the payment was completed. */
  time: string;
}

export interface LaneTransportOptions {
  brokers: string[];
  consumer: ConsumerName;
  /** Goes into every dead letter, so that its reader knows which code gave it up. */
  appVersion: string;
  log: DeliveryLog;
  /** The consumer's dependencies. While one is open nothing is fetched, and what is held waits. */
  circuits?: Circuit[];
  /** The longest an attempt may take: the sum of the time limits of all it waits for. */
  effectTimeoutMs: number;
  sessionTimeoutMs?: number;
  reach?: ReachPoint;
}

const SESSION_TIMEOUT_MS = 10_000;
// Ten times ten million payments a day, over the six partitions of payment.completed.
const RATED_RECORDS_PER_S_PER_PARTITION = 1_150 / 6;

/**
 * Delivers records to ordinary Nest controllers under the guarantees of `deliver()`. Handlers return
 * what their strategy's `once` returned.
 *
 * Not Nest's own Kafka transport: `stock-transport.int.spec.ts` shows why.
 */
export class LaneTransport extends Server implements CustomTransportStrategy {
  override readonly transportId = LANES;
  private readonly metrics: DeliveryMetrics;
  private readonly producer: RecordProducer;
  private readonly circuits: readonly Circuit[];
  private membership: Membership | undefined;

  /** @throws Error when one failing record could fill the window, and so delay others. */
  constructor(private readonly options: LaneTransportOptions) {
    super();
    const { brokers, consumer, circuits = [], effectTimeoutMs } = options;
    assertWindowCovers({
      recordsPerSecondPerPartition: RATED_RECORDS_PER_S_PER_PARTITION,
      backOffSumMs: BACK_OFF_SUM_MAX_MS,
      attemptsMax: ATTEMPTS_MAX,
      effectTimeoutMs,
    });
    this.metrics = new DeliveryMetrics(consumer);
    this.producer = new RecordProducer({ brokers, clientId: consumer });
    this.circuits = circuits;
  }

  async listen(callback: (error?: unknown) => void): Promise<void> {
    const { brokers, consumer, sessionTimeoutMs = SESSION_TIMEOUT_MS } = this.options;
    try {
      await this.producer.connect();
      this.membership = new Membership({
        brokers,
        groupId: consumer,
        topics: [...this.messageHandlers.keys(), redriveTopic(consumer)],
        sessionTimeoutMs,
        settle: this.settle(),
        onAssigned: () => {
          this.metrics.forgetPartitions();
          this.circuits.forEach((circuit) => circuit.forgetStreak());
        },
        onLag: (at, records, sinceMs) => this.metrics.lagging(at, records, sinceMs),
        onHeld: (at, records) => this.metrics.held(at, records),
        onParked: (at, lanes) => this.metrics.parked(at, lanes),
        onPauseReasons: (at, reasons) => this.paused(at, reasons),
        onError: (error, message) => this.warn(error, message),
        // Thrown where nobody catches it, so that the process ends and its supervisor starts a live one.
        onCrash: (error) => setImmediate(() => throwIt(error)),
      });
      this.followCircuits(this.membership);
      await this.membership.join();
      callback();
    } catch (error) {
      callback(error);
    }
  }

  /** Lets running effects finish, gives up waits, commits, and leaves the group. */
  async close(): Promise<void> {
    await this.membership?.leave();
    this.circuits.forEach((circuit) => circuit.close());
    await this.producer.disconnect();
  }

  /** @throws Error when nothing is fetched any more: such a process is alive and of no use. */
  assertFetching(): void {
    if (!this.membership) throw new Error('has not joined its group yet');
    this.membership.assertFetching();
  }

  private settle(): Settle {
    const [handler, ...more] = this.messageHandlers.values();
    if (!handler || more.length > 0) throw new Error('one consumer has exactly one handler');
    const { consumer, appVersion, log, reach = () => undefined } = this.options;
    return settler({
      consumer,
      appVersion,
      log,
      reach,
      metrics: this.metrics,
      producer: this.producer,
      circuits: this.circuits,
      handler: handlerOf(handler, (returned) => this.transformToObservable(returned)),
    });
  }

  private followCircuits(membership: Membership): void {
    for (const circuit of this.circuits) {
      const { dependency } = circuit;
      this.metrics.circuit(dependency, circuit.reading);
      circuit.onChange((reading) => {
        this.metrics.circuit(dependency, reading);
        this.options.log.warn({ dependency, circuit: reading }, 'a circuit changed');
        membership.setPaused(this.circuits.some((one) => one.reading !== 'closed'));
      });
    }
  }

  private paused(at: TopicPartition, reasons: ReadonlySet<PauseReason>): void {
    if (!this.metrics.paused(at, reasons)) return;
    this.options.log.warn({ ...at }, 'an unsettled record holds up a full window; not fetched');
  }

  private warn(error: unknown, message: string): void {
    this.options.log.warn({ error: inOurWords(error) }, message);
  }

  override on(): never {
    throw new Error('LaneTransport emits no events');
  }

  override unwrap<T>(): T {
    return this.membership as T;
  }
}

function throwIt(error: Error): never {
  throw error;
}
