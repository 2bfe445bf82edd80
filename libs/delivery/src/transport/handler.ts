import type { KafkaRecord } from '@effectively-once/kafka';
import { BaseRpcContext, type MessageHandler } from '@nestjs/microservices';
import { lastValueFrom, type Observable } from 'rxjs';
import type { Applied } from '../idempotency-strategy.js';
import { assertErrorIdentity } from './keep-error-identity.filter.js';

/** The fields of an event that the transport reads, for its log lines and its latency metric. */
export interface DeliveredEvent {
  id: string;
  /** RFC 3339: when the payment was completed. */
  time: string;
}

/** The third argument of a consumer's `@EventPattern`. */
export interface LaneExtras {
  /** @throws PoisonRecord that names the faulty field. */
  decode: (record: KafkaRecord) => DeliveredEvent;
}

/** A consumer's `@EventPattern` method as two functions. */
export interface Handler {
  decode: (record: KafkaRecord) => DeliveredEvent;
  once: (event: DeliveredEvent) => Promise<Applied>;
}

/** @param toObservable Nest's conversion of a handler's return value. */
export function handlerOf(
  handler: MessageHandler,
  toObservable: (returned: Observable<Applied>) => Observable<Applied>,
): Handler {
  return {
    decode: (handler.extras as LaneExtras).decode,
    once: async (event) => {
      const returned: unknown = await handler(event, new BaseRpcContext([]));
      const outcomes = toObservable(returned as Observable<Applied>);
      return await lastValueFrom(outcomes).catch(assertErrorIdentity);
    },
  };
}
