import { LaneTransport } from '@effectively-once/delivery';
import { createLogger } from '@effectively-once/platform';
import { Transport, type MicroserviceOptions } from '@nestjs/microservices';
import type { ConsumerSettings } from './consumer-process.js';

/** Nest's Kafka transport as it is, or the lane transport, with their defaults. */
export function measuredTransport(
  asked: ConsumerSettings,
  effectTimeoutMs: number,
): MicroserviceOptions {
  const { brokers } = asked;
  switch (asked.transport) {
    case 'lanes': {
      const { sessionTimeoutMs } = asked;
      // It logs every record, as in the services, because that is part of its cost.
      return {
        strategy: new LaneTransport({
          brokers,
          consumer: asked.consumer,
          appVersion: 'bench',
          effectTimeoutMs,
          ...(sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs }),
          log: createLogger('bench'),
        }),
      };
    }
    case 'stock': {
      const { groupId, partitionsConsumedConcurrently } = asked;
      return {
        transport: Transport.KAFKA,
        options: {
          client: { brokers, clientId: groupId },
          consumer: { groupId },
          subscribe: { fromBeginning: true },
          ...(partitionsConsumedConcurrently ? { run: { partitionsConsumedConcurrently } } : {}),
        },
      };
    }
    default:
      return asked satisfies never;
  }
}
