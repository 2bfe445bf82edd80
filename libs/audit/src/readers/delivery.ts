import {
  CE_HEADERS,
  deadLetterTopic,
  DLQ_HEADERS,
  PAYMENT_COMPLETED,
  redriveTopic,
  type ConsumerName,
  type EventHeaders,
} from '@effectively-once/contracts';
import { committedOffsets, headerTexts, readTopic } from '@effectively-once/delivery';
import type { DeadLetter, Delivery, Redrive } from '../evidence.js';

const CLIENT_ID = 'auditor';

/** What a consumer has settled, and then what it gave up and was given again. */
export async function readDelivery(brokers: string[], consumer: ConsumerName): Promise<Delivery> {
  const redriven = redriveTopic(consumer);
  const committed = await committedOffsets({
    brokers,
    clientId: CLIENT_ID,
    groupId: consumer,
    topics: [PAYMENT_COMPLETED, redriven],
  });
  // After the offsets: a dead letter is written before its record's offset is committed.
  const deadLetters = new Map<string, DeadLetter[]>();
  for await (const { paymentId, ...record } of travellers(brokers, deadLetterTopic(consumer))) {
    add(deadLetters, paymentId, record);
  }
  const redrives = new Map<string, Redrive[]>();
  for await (const { paymentId, ...record } of travellers(brokers, redriven)) {
    add(redrives, paymentId, record);
  }
  return {
    committed: committed.get(PAYMENT_COMPLETED) ?? new Map(),
    redriveCommitted: committed.get(redriven) ?? new Map(),
    deadLetters,
    redrives,
  };
}

async function* travellers(
  brokers: string[],
  topic: string,
): AsyncGenerator<Redrive & { paymentId: string }> {
  for await (const record of readTopic({ brokers, clientId: CLIENT_ID, topic })) {
    const headers = headerTexts(record);
    const paymentId = headers[CE_HEADERS.subject];
    // A record without a subject was never an event of ours; it excuses no payment.
    if (paymentId === undefined) continue;
    const { partition, offset } = record;
    yield { paymentId, partition, offset, ...identityIn(headers) };
  }
}

const identityIn = (headers: EventHeaders): DeadLetter => ({
  original: `${headers[DLQ_HEADERS.originalPartition]}-${headers[DLQ_HEADERS.originalOffset]}`,
  redriveCount: Number(headers[DLQ_HEADERS.redriveCount] ?? 0),
});

function add<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}
