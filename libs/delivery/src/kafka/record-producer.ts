import { Partitioners, type Producer } from 'kafkajs';
import { kafkaClient, REQUEST_TIMEOUT_MS, RETRY, type Connection } from './client.js';

/** A producer that answers only when every in-sync replica has the record, once. */
export class RecordProducer {
  private readonly producer: Producer;

  constructor(options: Connection) {
    this.producer = kafkaClient(options).producer({
      idempotent: true,
      // More in flight would let kafkajs reorder sequence numbers and the broker refuse them.
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: RETRY,
    });
  }

  async connect(): Promise<void> {
    await this.producer.connect();
  }

  async send(record: {
    topic: string;
    key: Buffer | null;
    value: Buffer | null;
    headers: Record<string, Buffer | Buffer[] | string>;
  }): Promise<void> {
    const { topic, ...message } = record;
    await this.producer.send({ topic, messages: [message], acks: -1, timeout: REQUEST_TIMEOUT_MS });
  }

  async disconnect(): Promise<void> {
    await this.producer.disconnect();
  }
}
