import { BaseRpcContext, type MessageHandler } from '@nestjs/microservices';
import { lastValueFrom, type Observable } from 'rxjs';
import type { Applied } from '../idempotency-strategy.js';
import type { KafkaRecord } from '@effectively-once/kafka';
import { assertErrorIdentity } from './keep-error-identity.filter.js';
import type { DeliveredEvent, LaneExtras } from './lane-transport.js';

/** A consumer's `@EventPattern` method as two functions. */
export interface Handler {
  decode: (record: KafkaRecord) => DeliveredEvent;
  once: (event: DeliveredEvent) => Promise<Applied>;
}

/** @param toObservable what Nest makes of whatever a handler returned. */
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
