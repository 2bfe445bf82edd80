import { redriveTopic, type ConsumerName } from '@effectively-once/contracts';
import { BaseRpcContext, Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { lastValueFrom, type Observable } from 'rxjs';
import { deadLetterOf } from './dead-letter.js';
import { deliver } from './deliver.js';
import { DeliveryMetrics } from './delivery-metrics.js';
import { IdempotencyCollision, inOurWords } from './failure.js';
import type { Applied } from './idempotency-strategy.js';
import { assertErrorIdentity } from './keep-error-identity.filter.js';
import { RecordProducer } from './kafka/record-producer.js';
import type { KafkaRecord } from './kafka-record.js';
import { Membership } from './membership.js';

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
  sessionTimeoutMs?: number;
}

export interface DeliveryLog {
  info(line: Record<string, unknown>, message: string): void;
  warn(line: Record<string, unknown>, message: string): void;
}

const SESSION_TIMEOUT_MS = 10_000;

/**
 * Delivers records to ordinary Nest controllers under the guarantees of `deliver()`. Handlers return
 * what their strategy's `once` returned.
 *
 * Not Nest's own Kafka transport: that one hides a handler's error and commits what nobody handled.
 */
export class LaneTransport extends Server implements CustomTransportStrategy {
  override readonly transportId = LANES;
  private readonly metrics: DeliveryMetrics;
  private readonly producer: RecordProducer;
  private membership: Membership | undefined;

  constructor(private readonly options: LaneTransportOptions) {
    super();
    const { brokers, consumer } = options;
    this.metrics = new DeliveryMetrics(consumer);
    this.producer = new RecordProducer({ brokers, clientId: consumer });
  }

  async listen(callback: (error?: unknown) => void): Promise<void> {
    const { brokers, consumer, sessionTimeoutMs = SESSION_TIMEOUT_MS } = this.options;
    try {
      const [handler, ...more] = this.messageHandlers.values();
      if (!handler || more.length > 0) throw new Error('one consumer has exactly one handler');
      await this.producer.connect();
      this.membership = new Membership({
        brokers,
        groupId: consumer,
        topics: [...this.messageHandlers.keys(), redriveTopic(consumer)],
        sessionTimeoutMs,
        settle: (record, wait) => this.settle(record, wait),
        onAssigned: () => this.metrics.forgetLags(),
        onLag: ({ topic, partition }, records) => this.metrics.lagging(topic, partition, records),
        onPause: (at) => this.options.log.warn({ ...at }, 'full: not fetched until there is room'),
        onError: (error, message) => this.warn(error, message),
        // Thrown where nobody catches it, so that the process ends and its supervisor starts a live one.
        onCrash: (error) => setImmediate(() => throwIt(error)),
      });
      await this.membership.join();
      callback();
    } catch (error) {
      callback(error);
    }
  }

  /** Lets running effects finish, gives up waits, commits, and leaves the group. */
  async close(): Promise<void> {
    await this.membership?.leave();
    await this.producer.disconnect();
  }

  /** @throws Error when nothing is fetched any more: such a process is alive and of no use. */
  assertFetching(): void {
    if (!this.membership) throw new Error('has not joined its group yet');
    this.membership.assertFetching();
  }

  private async settle(record: KafkaRecord, wait: (ms: number) => Promise<void>): Promise<void> {
    const startedAtMs = Date.now();
    const { consumer, appVersion, log } = this.options;
    const handler = this.handler();
    let event: DeliveredEvent | undefined;
    const settled = await deliver<DeliveredEvent>(record, {
      decode: (undecoded) => (event = handler.decode(undecoded)),
      once: handler.once,
      deadLetter: async (dead, failure) => {
        if (failure.error instanceof IdempotencyCollision) this.metrics.collided();
        this.warn(failure.error, 'dead-lettering', { eventId: event?.id, ...position(dead) });
        await this.producer.send(
          deadLetterOf(dead, failure, { consumer, appVersion, now: new Date() }),
        );
      },
      wait,
      observe: ({ result, error }) => {
        this.metrics.attempted(result);
        if (error !== undefined) this.warn(error, 'attempt failed', { eventId: event?.id, result });
      },
      now: () => new Date(),
      random: Math.random,
    });
    this.metrics.settled(settled.outcome);
    if (settled.outcome === 'applied' && event) {
      this.metrics.reachedEffect((Date.now() - Date.parse(event.time)) / 1000);
    }
    log.info(
      { eventId: event?.id, ...position(record), ...settled, ms: Date.now() - startedAtMs },
      'settled',
    );
  }

  /** The one handler there is (see `listen`): what was redriven is handled as what came first. */
  private handler() {
    const [handler] = this.messageHandlers.values();
    if (!handler) throw new Error('a record came before its handler');
    return {
      decode: (handler.extras as LaneExtras).decode,
      once: async (event: DeliveredEvent) => {
        const returned: unknown = await handler(event, new BaseRpcContext([]));
        const outcomes = this.transformToObservable(returned as Observable<Applied>);
        return await lastValueFrom(outcomes).catch(assertErrorIdentity);
      },
    };
  }

  private warn(error: unknown, message: string, line: Record<string, unknown> = {}): void {
    this.options.log.warn({ ...line, error: inOurWords(error) }, message);
  }

  override on(): never {
    throw new Error('LaneTransport emits no events');
  }

  override unwrap<T>(): T {
    return this.membership as T;
  }
}

const position = ({ topic, partition, offset }: KafkaRecord) => ({
  topic,
  partition,
  offset: offset.toString(),
});

function throwIt(error: Error): never {
  throw error;
}
