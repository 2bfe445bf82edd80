import { CONSUMERS, deadLetterTopic, redriveTopic } from '@effectively-once/contracts';
import { headerTexts, readTopic, RecordProducer, type KafkaRecord } from '@effectively-once/kafka';
import { waitUntil } from '@effectively-once/testing';
import { at, checkout, findings, newId } from './system-under-test.js';

const connection = { brokers: at.KAFKA_BROKERS, clientId: 'e2e' };
let producer: RecordProducer;

beforeAll(async () => {
  producer = new RecordProducer(connection);
  await producer.connect();
});
afterAll(async () => await producer.disconnect());

// Through the redrive topic, which the consumer reads with the same code: in the main topic, a
// record without an outbox row violates I3.
it.each(CONSUMERS)(
  '%s dead-letters bytes that it cannot decode, and continues with the same user',
  async (consumer) => {
    const userId = newId('user');
    const poison = Buffer.from([0xff, 0xfe, 0x7b, 0x22]);
    await producer.send({
      topic: redriveTopic(consumer),
      key: Buffer.from(userId),
      value: poison,
      headers: { ce_id: newId('poison'), ce_specversion: '1.0' },
    });
    const paid = await checkout({ userId });
    expect(paid.status).toBe(201);

    const letter = await waitUntil('the dead letter', () => deadLetterOf(consumer, userId));
    expect(letter.value?.equals(poison)).toBe(true);
    expect(headerTexts(letter)).toMatchObject({
      ce_specversion: '1.0',
      dlq_original_topic: redriveTopic(consumer),
      dlq_consumer: consumer,
      dlq_error_class: 'poison',
      dlq_error_name: 'MissingHeader',
      dlq_error_message: 'header ce_type is missing',
      dlq_attempts: '0',
      dlq_redrive_count: '0',
    });
    await expect(findings()).resolves.toEqual([]);
  },
);

async function deadLetterOf(
  consumer: (typeof CONSUMERS)[number],
  key: string,
): Promise<KafkaRecord | undefined> {
  for await (const record of readTopic({ ...connection, topic: deadLetterTopic(consumer) })) {
    if (record.key?.toString('utf8') === key) return record;
  }
  return undefined;
}
