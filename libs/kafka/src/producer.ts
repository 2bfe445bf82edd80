import { Partitioners, type Producer } from 'kafkajs';
import { kafkaClient, REQUEST_TIMEOUT_MS, RETRY, type Connection } from './client.js';

interface Message {
  key: Buffer | null;
  value: Buffer | null;
  headers: Record<string, Buffer | Buffer[] | string>;
}

/** An idempotent producer: `send` resolves when every in-sync replica has the record once. */
export class RecordProducer {
  private readonly producer: Producer;

  constructor(options: Connection) {
    this.producer = kafkaClient(options).producer({
      idempotent: true,
      // With more in flight kafkajs reorders sequence numbers, and the broker refuses them.
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

  /** Messages of one partition go in one batch: the broker stores all of them or none. */
  async sendAll(topic: string, messages: Message[]): Promise<void> {
    await this.producer.send({ topic, messages, acks: -1, timeout: REQUEST_TIMEOUT_MS });
  }

  async disconnect(): Promise<void> {
    await this.producer.disconnect();
  }
}
