import type { KafkaRecord } from '@effectively-once/kafka';

/** What the delivery of one record may ask of its lane and its partition. */
export interface RecordLane {
  /** Attempts counted so far, by this process and by previous owners of the partition. */
  readonly attemptsBefore: number;
  /** When the record was fetched, in Unix milliseconds. */
  readonly fetchedAtMs: number;
  /** Parks the lane until `wait` ends; other lanes continue. @throws when the partition closes. */
  park: (wait: (signal: AbortSignal) => Promise<void>) => Promise<void>;
  /** Resolves when the count is committed, so that a crash cannot lose it. */
  rememberAttempts: (attempts: number) => Promise<void>;
  /** Runs one attempt. An isolated record runs alone, and is stored before it runs. */
  attempt: <Result>(run: () => Promise<Result>) => Promise<Result>;
}

/** Completes one record. The only implementation is in `transport/complete-record.ts`. */
export interface RecordCompleter {
  /** @throws when the record is not complete. Its partition then delivers it again after a wait. */
  complete(record: KafkaRecord, lane: RecordLane): Promise<void>;
}
