/** A record of a lab. `n` is its place in the order of production, also within each user. */
export interface LabRecord {
  user: string;
  n: number;
  /** Time of production, in ms since the epoch. */
  at: number;
  /** So many attempts fail, then it succeeds; -1: all of them. Absent: none. */
  failures?: number;
}

/** How a consumer treats its records, and a record that fails. */
export const WAYS = ['stock', 'skip', 'retry topic', 'lanes', 'by partition'] as const;
export type Way = (typeof WAYS)[number];

export interface RecordsSettings {
  way: Way;
  brokers: string[];
  topic: string;
  groupId: string;
  /** Each effect is a line of this file. */
  ledgerFile: string;
  /** An effect waits so long, and up to `jitterMs` more. */
  effectMs: number;
  jitterMs: number;
}

export const retryTopicOf = (topic: string) => `${topic}.retry`;
export const deadTopicOf = (topic: string) => `${topic}.dead`;

/** A retry topic is read again after this time. */
export const RETRY_AFTER_MS = 1_000;
export const RETRY_ATTEMPTS_MAX = 5;
