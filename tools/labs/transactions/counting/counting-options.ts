import type {
  GroupConsumer,
  KafkaRecord,
  TransactionalConnection,
  TransactionalProducer,
} from '@effectively-once/kafka';

/** The end of a step: here the lab kills the service. */
export type CountingStep = 'sent' | 'offset sent' | 'committed';
export type Producing = Pick<TransactionalProducer, 'inTransaction' | 'disconnect'>;

export interface CountingOptions {
  brokers: string[];
  /** The records of `payment.completed`. */
  input: string;
  /** Compacted, and with as many partitions as `input`. */
  output: string;
  groupId: string;
  sessionTimeoutMs: number;
  /** Records are collected for so long, then counted in one transaction of each partition. */
  commitEveryMs: number;
  /** Takes over a transactional id. The lab replaces it, to show what happens without. */
  takeOver?: (options: TransactionalConnection, group: GroupConsumer) => Promise<Producing>;
  onStep?: (step: CountingStep, records: readonly KafkaRecord[]) => Promise<void>;
  onReady?: () => void;
  /** Another process took over a partition, or a server failed. The process must end. */
  onFailure: (error: Error) => void;
}
