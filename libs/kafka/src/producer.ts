import { Partitioners, type Producer } from 'kafkajs';
import { kafkaClient, REQUEST_TIMEOUT_MS, RETRY, type Connection } from './client.js';

interface Message {
  key: Buffer | null;
  value: Buffer | null;
  headers: Record<string, Buffer | Buffer[] | string>;
}

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

  async send({ topic, ...message }: Message & { topic: string }): Promise<void> {
    await this.sendAll(topic, [message]);
  }

  /** All of a partition's in one batch: they are there together or not at all. */
  async sendAll(topic: string, messages: Message[]): Promise<void> {
    await this.producer.send({ topic, messages, acks: -1, timeout: REQUEST_TIMEOUT_MS });
  }

  async disconnect(): Promise<void> {
    await this.producer.disconnect();
  }
}
