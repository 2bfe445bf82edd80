import { randomUUID } from 'node:crypto';
import type { Message } from 'kafkajs';
import { kafkaClient, type Connection } from '../client.js';

/** Sends messages in a transaction that stays open until the returned function ends it. */
export async function openTransaction(
  options: Connection & { topic: string; messages: Message[] },
): Promise<(end: 'commit' | 'abort') => Promise<void>> {
  const producer = kafkaClient(options).producer({
    transactionalId: randomUUID(),
    maxInFlightRequests: 1,
    idempotent: true,
  });
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic: options.topic, messages: options.messages });
  return async (end) => {
    await transaction[end]();
    await producer.disconnect();
  };
}
