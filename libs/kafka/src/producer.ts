import { Partitioners, type Producer } from 'kafkajs';
import { kafkaClient, REQUEST_TIMEOUT_MS, RETRY, type Connection } from './client.js';

interface Message {
  key: Buffer | null;
  value: Buffer | null;
  headers: Record<string, Buffer | Buffer[] | string>;
}

/** The broker refused the batch for its size. It stored none of it, and would refuse it again. */
export class BatchTooLarge extends Error {
  override readonly name = 'BatchTooLarge';
  constructor(
    readonly topic: string,
    options: ErrorOptions,
  ) {
    super(`${topic} does not take a batch of this size`, options);
  }
}

// The limit of the topic (max.message.bytes), and of its segments (segment.bytes).
// https://kafka.apache.org/protocol#protocol_error_codes 10 and 18
const TOO_LARGE = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'];

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

  /**
   * Messages of one partition go in one batch: the broker stores all of them or none.
   * @throws BatchTooLarge when one of these batches exceeds the size limit of the topic.
   */
  async sendAll(topic: string, messages: Message[]): Promise<void> {
    try {
      await this.producer.send({ topic, messages, acks: -1, timeout: REQUEST_TIMEOUT_MS });
    } catch (error) {
      throw isTooLarge(error) ? new BatchTooLarge(topic, { cause: error }) : error;
    }
  }

  async disconnect(): Promise<void> {
    await this.producer.disconnect();
  }
}

// kafkajs may wrap the error of the broker.
function isTooLarge(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { type } = error as { type?: unknown };
  return TOO_LARGE.some((one) => one === type) || isTooLarge(error.cause);
}
