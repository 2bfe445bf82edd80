import { Partitioners, type Producer } from 'kafkajs';
import { kafkaClient, BROKER_TIMEOUT_MS, RETRY, type Connection } from '../client.js';

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
  private producer: Producer;
  private isOutOfSequence = false;
  private isClosed = false;
  /** The last request. One runs at a time, so that none is sent out of sequence. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: Connection) {
    this.producer = newProducer(options);
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
    const turn = this.last.then(() => this.sendNow(topic, messages));
    this.last = turn.catch(() => undefined);
    await turn;
  }

  private async sendNow(topic: string, messages: Message[]): Promise<void> {
    if (this.isOutOfSequence && !this.isClosed) await this.restart();
    try {
      await this.producer.send({ topic, messages, acks: -1, timeout: BROKER_TIMEOUT_MS });
    } catch (error) {
      const isRefused = isTooLarge(error);
      // Of a single refused message nothing is stored. Else a part may be, or an answer got lost.
      this.isOutOfSequence = !isRefused || messages.length > 1;
      throw isRefused ? new BatchTooLarge(topic, { cause: error }) : error;
    }
  }

  /**
   * Gets a new producer id. After a failure kafkajs takes back the sequence numbers of all batches
   * of the request, also of those that the broker stored. It gives them to the next records of
   * those partitions. The broker refuses these for ever (out of order), or takes them for
   * duplicates: then it acknowledges them and does not store them.
   */
  private async restart(): Promise<void> {
    await this.producer.disconnect();
    this.producer = newProducer(this.options);
    await this.producer.connect();
    this.isOutOfSequence = false;
  }

  async disconnect(): Promise<void> {
    this.isClosed = true;
    await this.producer.disconnect();
  }
}

const partitioner = Partitioners.DefaultPartitioner();

/**
 * The partition of a key: murmur2, as Kafka's own clients compute it. The connector, the consumers'
 * dead letters and the console's redrives all use it.
 */
export function partitionOf(key: string, partitions: number): number {
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 0,
    replicas: [],
    isr: [],
  }));
  return partitioner({ topic: '', partitionMetadata, message: { key, value: null } });
}

const newProducer = (options: Connection): Producer =>
  kafkaClient(options).producer({
    idempotent: true,
    // With more in flight kafkajs reorders sequence numbers, and the broker refuses them.
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    retry: RETRY,
  });

// kafkajs may wrap the error of the broker.
function isTooLarge(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { type } = error as { type?: unknown };
  return TOO_LARGE.some((one) => one === type) || isTooLarge(error.cause);
}
