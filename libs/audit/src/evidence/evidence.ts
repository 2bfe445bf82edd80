import { RETENTION, type ConsumerName } from '@effectively-once/contracts';
import type {
  DeadLetter,
  DeadLetterRow,
  DeadLetterState,
  DlqRecord,
  Redrive,
  RedriveRecord,
} from './dead-letter-evidence.js';

export * from './dead-letter-evidence.js';

/** Payments that completed less than this ago are not judged, in ms. */
export const SETTLE_LIMIT_DEFAULT_MS = 120_000;

/** Which part of the past an audit looks at. */
export interface Scope {
  cutoffMs: number;
  settleLimitMs: number;
  /** Only what completed since then is judged, and of most stores only that part is read. */
  sinceMs?: number | undefined;
}

/**
 * Everything the invariants are judged by, of one bucket of payments, taken from every store in the order
 * collect-evidence.ts gives.
 */
export interface Evidence extends Scope {
  // One snapshot of the payments database.
  /** Every payment in every state, by id. */
  payments: Map<string, Payment>;
  /** Of an incremental audit: those older than it, looked up by id because something of them is new. */
  older: ReadonlySet<string>;
  outbox: OutboxRow[];
  storedResponses: StoredResponse[];
  /** When payments could not ask the PSP, as each of its processes wrote it down. */
  pspOutages: Outage[];
  // Read again at the end, for what the other stores knew and the snapshot did not.
  /** Payment id → its status by then; absent when there is no such payment. */
  laterStatuses: Map<string, PaymentStatus>;
  /** Event id → its row, for records whose row was written after the snapshot. */
  laterOutbox: Map<string, OutboxRow>;

  published: PublishedRecord[];
  /** Whether the slot has confirmed all that was written when the snapshot was taken. */
  slotPassedSnapshot: boolean;
  deliveries: Record<ConsumerName, Delivery>;

  /** By payment id. The primary key allows one entry each; an auditor does not take its word. */
  pointsEntries: Map<string, PointsEntry[]>;
  unbalancedAccounts: UnbalancedAccount[];
  /** Payment id → how many receipts the mail provider accepted. */
  receipts: Map<string, number>;
  /** Payment id → how many sends were declared beforehand as perhaps the second. */
  maybeDuplicates: Map<string, number>;
  /** By payment id. */
  documents: Map<string, SearchDocument[]>;
  /**
   * Payment id → when its effect first happened, as a number that grows from effect to effect within that
   * consumer's store. Numbers of two stores say nothing of each other.
   */
  firstEffects: Record<ConsumerName, Map<string, number>>;
  /** Documents of payments completed before this may have been written by a reindex, in its order. */
  reindexedBeforeMs: number | undefined;
  charges: Charge[];

  // Dead letters by letterName.
  dlqRecords: Map<string, DlqRecord[]>;
  deadLetterRows: Map<string, DeadLetterRow[]>;
  /** Of each redriven dead letter, what lies in the redrive topic one count higher. */
  redriveRecords: Map<string, RedriveRecord[]>;
  /** Up to where the console has taken in each dead-letter topic. */
  takenIn: Record<ConsumerName, ReadonlyMap<number, bigint>>;
  /** Read again at the end, of redrives that were not marked. */
  laterRows: Map<string, DeadLetterRow>;
}

export type PaymentStatus = 'PENDING' | 'COMPLETED' | 'DECLINED' | 'UNKNOWN' | 'FAILED';

export interface Payment {
  userId: string;
  status: PaymentStatus;
  version: number;
  amountMinor: number;
  currency: string;
  createdAtMs: number;
  /** 0 while not COMPLETED. */
  completedAtMs: number;
}

export interface OutboxRow {
  eventId: string;
  paymentId: string;
  occurredAtMs: number;
  payloadMd5: string;
}

export interface StoredResponse {
  /** How many stored responses its key (of user, method and route) has. The key itself stays where it is. */
  responsesOfKey: number;
  paymentId: string;
  httpStatus: number;
  /** `id` of a payment, or undefined for a problem. */
  bodyId: string | undefined;
  /** `status` of a payment, or the last segment of a problem's `type`. */
  says: string;
}

export interface Outage {
  fromMs: number;
  untilMs: number;
}

/** Where a record lies. Offsets outgrow a double's integers. */
export interface Position {
  partition: number;
  offset: bigint;
}

/** A record of payment.completed as its headers describe it; a record of somebody else may lack any. */
export interface PublishedRecord extends Position {
  eventId: string | undefined;
  paymentId: string | undefined;
  occurredAtMs: number;
  valueMd5: string;
}

/** What one consumer has been given and what it has settled. */
export interface Delivery {
  /** Partition → the first offset not settled, of payment.completed. */
  committed: Map<number, bigint>;
  /** The same, of the consumer's redrive topic. */
  redriveCommitted: Map<number, bigint>;
  /** By payment id. */
  deadLetters: Map<string, DeadLetter[]>;
  /** The same as the console's table has them, which keeps them for ever. By payment id. */
  deadLetterStates: Map<string, DeadLetterState[]>;
  /** By payment id. */
  redrives: Map<string, Redrive[]>;
}

export interface PointsEntry {
  userId: string;
  amountMinor: number;
  currency: string;
}

/** A document that somebody else wrote may lack any of what a payment is about. */
export interface SearchDocument {
  version: number;
  userId: string | undefined;
  amountMinor: number | undefined;
  currency: string | undefined;
}

export interface UnbalancedAccount {
  userId: string;
  balance: bigint;
  sumOfEntries: bigint;
}

export interface Charge {
  id: string;
  paymentId: string | undefined;
  amountMinor: number;
  currency: string;
  status: 'captured' | 'declined' | 'refunded';
  atMs: number;
}

/** Younger payments are nobody's business yet. */
export const judgedBeforeMs = (scope: Scope) => scope.cutoffMs - scope.settleLimitMs;

/** Older outbox rows may be gone, whole days at a time. I1 to I3 cover what is younger. */
export const outboxKeptSinceMs = (scope: Scope) => scope.cutoffMs - RETENTION.outboxMs;

/** Older outbox rows may be gone, or were not read. */
export const outboxKnownSinceMs = (scope: Scope) =>
  Math.max(outboxKeptSinceMs(scope), scope.sinceMs ?? 0);

/** Older records may have left the topic. */
export const topicKeptSinceMs = (scope: Scope) => scope.cutoffMs - RETENTION.topicMs;

/** Older records may have left the topic, or were not read. */
export const topicKnownSinceMs = (scope: Scope) =>
  Math.max(topicKeptSinceMs(scope), scope.sinceMs ?? 0);

// The clocks of the services, of Kafka and of the outsiders are not one clock.
const CLOCKS_APART_MAX_MS = 60_000;

/** From when on the stores are read, to know everything about what completed since. */
export const readSinceMs = ({ sinceMs }: { sinceMs: number }) => sinceMs - CLOCKS_APART_MAX_MS;

/** Every payment the audit judges. */
export function* judgedPayments(evidence: Evidence): Generator<[id: string, payment: Payment]> {
  const beforeMs = judgedBeforeMs(evidence);
  const { sinceMs = 0 } = evidence;
  for (const [id, payment] of evidence.payments) {
    if (payment.status !== 'COMPLETED' || payment.completedAtMs >= beforeMs) continue;
    if (payment.completedAtMs >= sinceMs || evidence.older.has(id)) yield [id, payment];
  }
}

/** How many payments are too young to be judged. */
export function tooYoungPayments(evidence: Evidence): number {
  const beforeMs = judgedBeforeMs(evidence);
  return [...evidence.payments.values()].filter(
    ({ status, completedAtMs }) => status === 'COMPLETED' && completedAtMs >= beforeMs,
  ).length;
}

/** Every outbox row whose event must have been published by now, or soon. */
export function judgedRows(evidence: Scope & Pick<Evidence, 'outbox'>): OutboxRow[] {
  const sinceMs = outboxKnownSinceMs(evidence);
  const beforeMs = judgedBeforeMs(evidence);
  return evidence.outbox.filter(
    (row) => row.occurredAtMs >= sinceMs && row.occurredAtMs < beforeMs,
  );
}

/**
 * A payment's status as late as we know it. A payment may complete between the snapshot and the reading
 * of an effect: judging that effect by the snapshot alone would name an honest payment.
 */
export function latestStatus(evidence: Evidence, paymentId: string): PaymentStatus | undefined {
  return evidence.laterStatuses.get(paymentId) ?? evidence.payments.get(paymentId)?.status;
}

/** Where each payment's event lies first; a copy published after a crash lies further on. */
export function firstPositions({ published }: Pick<Evidence, 'published'>): Map<string, Position> {
  const positions = new Map<string, Position>();
  for (const { paymentId, partition, offset } of published) {
    if (paymentId && !positions.has(paymentId)) positions.set(paymentId, { partition, offset });
  }
  return positions;
}

export const positionName = ({ partition, offset }: Position) => `${partition}-${offset}`;
