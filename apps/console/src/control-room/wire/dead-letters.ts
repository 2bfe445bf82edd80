/**
 * Dead letters by cause, and what a redrive would do. The console and its page exchange these
 * types; the server has a `Date` where JSON has a text. See evidence.ts for what `null` means.
 */
import type { ConsumerName, ErrorClass } from '@effectively-once/contracts';

/** `unknown`: the headers of the record name no valid class. */
export type CauseClass = ErrorClass | 'unknown';

/** `GET /api/dlq/causes?state=`: dead letters that have consumer, class and name in common. */
export interface DeadLetterCause {
  consumer: ConsumerName;
  errorClass: CauseClass;
  errorName: string;
  count: number;
  /** Different keys; the key is the user. */
  users: number;
  /** Records without a key belong to no user. */
  withoutKey: number;
  /** Claimed by a redrive that is not finished. */
  inAction: number;
  /** Redriven three times; the loop guard stops the next redrive. */
  atLoopGuard: number;
  firstSeen: string;
  lastSeen: string;
}

export interface CauseList {
  items: DeadLetterCause[];
}

/**
 * What a redrive would do, as far as it can be known before: a dry run has it. `toSend`, `absorbed`
 * and `unknown` are parts of the count that the redrive claims.
 */
export interface RedriveForecast {
  /** Their effect is missing. */
  toSend: number;
  /** The consumer's own store has their effect: it recognises them, and repeats nothing. */
  absorbed: number;
  /** It cannot be known whether they have their effect. */
  unknown: number;
  /** Why it cannot be known; empty if it is known of all. */
  unknownBecause: string[];
  /** Where it was looked up. */
  source: string;
  /** Not sent: already redriven three times. */
  loopGuard: number;
  /** Not sent: an earlier redrive found that the record is gone. */
  gone: number;
  /** Not sent: another redrive has claimed them and is not finished. */
  inAction: number;
  /** The newest dead letter that was counted. A redrive with it ignores newer ones. */
  through: string | null;
}

/** A dead letter in a list. */
export interface DeadLetterSummary<Time = string> {
  id: string;
  state: 'pending' | 'redriven' | 'discarded';
  paymentId: string | null;
  errorClass: ErrorClass | null;
  errorName: string;
  errorMessage: string;
  attempts: number;
  deadLetteredAt: Time;
  redriveCount: number;
  /** The number of bytes of the original value, if the dead letter was cut. */
  valueCut: number | null;
  /** Of a cut one: until then its original record can be redriven. */
  redrivableUntil: Time | null;
  /** Why the last redrive gave it back. */
  cannotRedrive: CannotRedrive | null;
}

/** What only a redrive finds out, when it reads and produces the record. */
export type CannotRedrive =
  /** Its record has left the dead-letter topic. */
  | 'record_gone'
  /** It was cut, and its original record has left its topic. */
  | 'original_gone'
  /** The redrive topic does not take a record of this size. */
  | 'too_large';

export interface DeadLetterDetail<Time = string> extends DeadLetterSummary<Time> {
  eventId: string | null;
  originalTopic: string;
  originalPartition: number;
  originalOffset: string;
  dlqPartition: number;
  dlqOffset: string;
  firstFailedAt: Time | null;
  appVersion: string | null;
  stateChangedAt: Time;
  actionId: string | null;
}

/**
 * The record of a dead letter in Kafka: its event, or the decoding error and the bytes (poison
 * pill).
 */
export interface ShownRecord {
  key: string | null;
  timestamp: string;
  headers: Record<string, string | undefined>;
  event?: unknown;
  undecodable?: { code: string; field: string; message: string };
  valueHex?: string;
}

/** `GET /api/dlq/{consumer}/{id}`. The record is null if it has left its topic. */
export interface ShownDeadLetter extends DeadLetterDetail {
  record: ShownRecord | null;
}

/** A decision of an operator, and its progress. */
export interface OperatorAction<Time = string> {
  id: string;
  kind: 'redrive' | 'discard';
  consumer: ConsumerName;
  operator: string;
  reason: string | null;
  filter: Record<string, unknown>;
  ratePerS: number | null;
  askedAt: Time;
  finishedAt: Time | null;
  /** The dead letters that it claimed, completed, and gave back because it cannot redrive them. */
  count: number;
  done: number;
  givenBack: number;
  /** The first of those that it gave back. */
  refused: { id: string; why: CannotRedrive }[];
}

export interface ResultPage<Item> {
  items: Item[];
  nextCursor: string | null;
}

/** Why a command refuses a dead letter. API and CLI show this name. */
export type Refusal =
  | CannotRedrive
  /** Already redriven three times (REDRIVES_MAX). */
  | 'loop_guard'
  | 'redriven'
  | 'discarded'
  /** Claimed by a redrive that is not finished. */
  | 'in_action'
  /** Beyond the `max` of the request. */
  | 'beyond_max';

export interface Refused {
  id: string;
  why: Refusal;
}

/** The answer to a command: what it claimed, what it refused, and what is left. */
export interface Decision<Time = string> {
  dryRun: boolean;
  count: number;
  ids: string[];
  refused: Refused[];
  /** Pending dead letters that also match the request, beyond `max`. */
  left: number;
  action: OperatorAction<Time> | null;
  /** Only of a dry run of a redrive. */
  forecast?: RedriveForecast;
}
