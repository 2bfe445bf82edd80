import { Partitioners, type Producer, type Transaction } from 'kafkajs';
import { BROKER_TIMEOUT_MS, kafkaClient, RETRY, type Connection } from '../client.js';
import type { TopicPartition } from '../record.js';

export interface TransactionalConnection extends Connection {
  /** The next producer with this id fences this one. */
  transactionalId: string;
  /** The broker aborts a transaction that is open for longer. It looks every 10 s. */
  transactionTimeoutMs: number;
}

/** A record, for a partition that the caller chooses, or for the partition of its key. */
export interface OutgoingRecord {
  key: Buffer;
  value: Buffer | null;
  partition?: number;
}

/** What a transaction can do until it ends. */
export interface OpenTransaction {
  send(topic: string, records: readonly OutgoingRecord[]): Promise<void>;
  /**
   * The offset that a group reads next, which counts only if the transaction commits. kafkajs sends
   * it without the group's generation (KIP-447), so the broker takes it from a former member too.
   * Only the transactional id fences: use one for each input partition, not one for each member.
   */
  sendOffset(groupId: string, at: TopicPartition, nextOffset: bigint): Promise<void>;
}

/** Another producer with the same transactional id took over. Nothing of the transaction counts. */
export class ProducerFenced extends Error {
  override readonly name = 'ProducerFenced';
  constructor(
    readonly transactionalId: string,
    options: ErrorOptions,
  ) {
    super(`another producer took over ${transactionalId}`, options);
  }
}

// The broker answers the first to clients that are older than the second.
// https://kafka.apache.org/protocol#protocol_error_codes 47 and 90
const FENCED = ['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED'];

/** A producer whose records become visible together, and only to readers of `read_committed`. */
export class TransactionalProducer {
  private constructor(
    private readonly transactionalId: string,
    private readonly producer: Producer,
  ) {}

  /**
   * Resolves when the transaction of the previous producer with this id has ended: the broker has
   * aborted it, or finished the commit that had begun. So read what it left only after this.
   */
  static async takeOver(options: TransactionalConnection): Promise<TransactionalProducer> {
    const { transactionalId, transactionTimeoutMs } = options;
    const producer = kafkaClient(options).producer({
      transactionalId,
      transactionTimeout: transactionTimeoutMs,
      idempotent: true,
      // With more in flight kafkajs reorders sequence numbers, and the broker refuses them.
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: RETRY,
    });
    await producer.connect();
    // The first transaction initializes the producer id. Without a record its end sends nothing.
    const empty = await producer.transaction();
    await empty.commit();
    return new TransactionalProducer(transactionalId, producer);
  }

  /**
   * Commits if `work` returns, and aborts if it throws. After an error the outcome may be unknown,
   * and this producer is of no more use: take over again, and read what counts.
   * @throws ProducerFenced when another producer has taken over.
   */
  async inTransaction<Result>(work: (open: OpenTransaction) => Promise<Result>): Promise<Result> {
    const transaction = await this.unlessFenced(() => this.producer.transaction());
    let result: Result;
    try {
      result = await work(this.opened(transaction));
    } catch (error) {
      // A fenced producer has nothing to abort: the broker has done it.
      if (!(error instanceof ProducerFenced)) await this.unlessFenced(() => transaction.abort());
      throw error;
    }
    await this.unlessFenced(() => transaction.commit());
    return result;
  }

  async disconnect(): Promise<void> {
    await this.producer.disconnect();
  }

  private opened(transaction: Transaction): OpenTransaction {
    return {
      send: async (topic, records) => {
        const messages = records.map((record) => ({ ...record }));
        await this.unlessFenced(() =>
          transaction.send({ topic, messages, acks: -1, timeout: BROKER_TIMEOUT_MS }),
        );
      },
      sendOffset: async (consumerGroupId, { topic, partition }, nextOffset) => {
        const partitions = [{ partition, offset: String(nextOffset) }];
        await this.unlessFenced(() =>
          transaction.sendOffsets({ consumerGroupId, topics: [{ topic, partitions }] }),
        );
      },
    };
  }

  private async unlessFenced<Result>(request: () => Promise<Result>): Promise<Result> {
    try {
      return await request();
    } catch (error) {
      throw isFenced(error) ? new ProducerFenced(this.transactionalId, { cause: error }) : error;
    }
  }
}

// kafkajs may wrap the error of the broker.
function isFenced(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { type } = error as { type?: unknown };
  return FENCED.some((one) => one === type) || isFenced(error.cause);
}
