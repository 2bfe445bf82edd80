import { redriveTopic, type ConsumerName, type ConsumerReport } from '@effectively-once/contracts';
import { RecordProducer } from '@effectively-once/kafka';
import { Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { BACK_OFF_SUM_MAX_MS, ATTEMPTS_MAX } from '../backoff.js';
import type { Circuit } from '../circuit/circuit-breaker.js';
import { assertInFlightLimitSuffices } from '../partition/offset-tracker.js';
import type { ReachDeliveryPoint } from './failure-points.js';
import { DeliveringCompleter } from './complete-record.js';
import type { DeliveryLog } from './delivery-log.js';
import { DeliveryMetrics } from './delivery-metrics.js';
import { handlerOf } from './handler.js';
import { Membership } from './membership.js';
import { PartitionMetrics } from './partition-metrics.js';
import { consumerReport } from './state/consumer-state.js';
import { RecentDeliveries } from './state/recent-deliveries.js';

/** The transport id that consumers name: `@EventPattern(topic, LANES, { decode })`. */
export const LANES = Symbol('LANES');

export interface LaneTransportOptions {
  brokers: string[];
  consumer: ConsumerName;
  /** Written into each dead letter, so that its reader knows which code dead-lettered it. */
  appVersion: string;
  log: DeliveryLog;
  /** The consumer's dependencies. While one circuit is open, nothing is fetched. */
  circuits?: Circuit[];
  /** The longest time of an attempt: the sum of the time limits of everything it waits for. */
  effectTimeoutMs: number;
  sessionTimeoutMs?: number;
  reach?: ReachDeliveryPoint;
}

const CHANGED = 'a circuit changed';
const SESSION_TIMEOUT_MS = 10_000;
// Ten times ten million payments a day, over the six partitions of payment.completed.
const RATED_RECORDS_PER_S_PER_PARTITION = 1_150 / 6;

/**
 * Delivers records to ordinary Nest controllers with the guarantees of `deliver()`. Handlers return
 * the result of their strategy's `once`.
 *
 * `stock-transport.int.spec.ts` shows why it is not Nest's own Kafka transport.
 */
export class LaneTransport extends Server implements CustomTransportStrategy {
  override readonly transportId = LANES;
  readonly traces = new RecentDeliveries();
  private readonly metrics: DeliveryMetrics;
  private readonly events: PartitionMetrics;
  private readonly producer: RecordProducer;
  private readonly circuits: readonly Circuit[];
  private readonly circuitsSince = new Map<Circuit, Date>();
  private membership: Membership | undefined;

  /** @throws Error when one failing record could reach the in-flight limit and delay others. */
  constructor(private readonly options: LaneTransportOptions) {
    super();
    const { brokers, consumer, circuits = [], effectTimeoutMs, log } = options;
    assertInFlightLimitSuffices({
      recordsPerSecondPerPartition: RATED_RECORDS_PER_S_PER_PARTITION,
      backOffSumMs: BACK_OFF_SUM_MAX_MS,
      attemptsMax: ATTEMPTS_MAX,
      effectTimeoutMs,
    });
    this.metrics = new DeliveryMetrics(consumer);
    this.events = new PartitionMetrics(consumer, log, this.traces);
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
        completer: this.completer(),
        events: this.events,
        onAssigned: () => {
          this.events.forgetPartitions();
          this.circuits.forEach((circuit) => circuit.forgetLanes());
        },
        // Uncaught, so that the process ends and its supervisor starts a new one.
        onCrash: (error) => setImmediate(() => throwIt(error)),
      });
      this.followCircuits(this.membership);
      await this.membership.join();
      callback();
    } catch (error) {
      callback(error);
    }
  }

  /** Lets running effects finish, cancels waits, commits, and leaves the group. */
  async close(): Promise<void> {
    await this.membership?.leave();
    this.circuits.forEach((circuit) => circuit.close());
    await this.producer.disconnect();
  }

  /** @throws Error when it fetches no more: the process is alive but useless. */
  assertFetching(): void {
    if (!this.membership) throw new Error('has not joined its group yet');
    this.membership.assertFetching();
  }

  /** What this process works on now. */
  report(): ConsumerReport {
    return consumerReport({
      consumer: this.options.consumer,
      partitions: this.membership?.view() ?? [],
      circuits: this.circuits.map((circuit) => ({
        circuit,
        since: this.circuitsSince.get(circuit),
      })),
      traces: this.traces,
      now: new Date(),
    });
  }

  private completer(): DeliveringCompleter {
    const [handler, ...more] = this.messageHandlers.values();
    if (!handler || more.length > 0) throw new Error('one consumer has exactly one handler');
    const { consumer, appVersion, log, reach = () => undefined } = this.options;
    return new DeliveringCompleter({
      consumer,
      appVersion,
      log,
      reach,
      metrics: this.metrics,
      traces: this.traces,
      producer: this.producer,
      circuits: this.circuits,
      handler: handlerOf(handler, (returned) => this.transformToObservable(returned)),
    });
  }

  private followCircuits(membership: Membership): void {
    for (const circuit of this.circuits) {
      const { dependency } = circuit;
      let { reading: last } = circuit;
      this.metrics.circuit(dependency, last);
      circuit.onChange((reading) => {
        if (reading !== last) {
          this.options.log.warn({ dependency, circuit: reading }, CHANGED);
          this.circuitsSince.set(circuit, new Date());
        }
        last = reading;
        this.metrics.circuit(dependency, reading);
        membership.setPaused(this.circuits.some((one) => !one.admitsRecords));
      });
    }
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
