import { RETENTION, type ConsumerName } from '@effectively-once/contracts';
import type {
  DeadLetter,
  DeadLetterRow,
  DeadLetterState,
  DlqRecord,
  Redrive,
  RedriveRecord,
} from './dead-letter-evidence.js';
import type { Position } from './position.js';
import type { RefundDebt } from './refund-debt.js';

export * from './dead-letter-evidence.js';
export * from './position.js';
export * from './refund-debt.js';

/** Payments that completed less than this long ago are not judged, in ms. */
export const SETTLE_LIMIT_DEFAULT_MS = 120_000;

/** Which part of the past an audit judges. */
export interface Scope {
  cutoffMs: number;
  settleLimitMs: number;
  /** Only payments that completed since then are judged. Of most stores, only that part is read. */
  sinceMs?: number | undefined;
}

/**
 * All evidence about one bucket of payments, from every store, read in the order that
 * collect-evidence.ts gives. The invariants judge nothing else.
 */
export interface Evidence extends Scope {
  // From one snapshot of the payments database: consistent at one point in time.
  /** Every payment in every state, by id. */
  payments: Map<string, PaymentRow>;
  /** In an incremental audit: older payments, looked up by id because another store names them. */
  older: ReadonlySet<string>;
  outbox: OutboxRow[];
  storedResponses: StoredResponse[];
  /** When the circuit to the PSP was open, as each payments process recorded it. */
  pspOutages: PspOutage[];
  // Looked up at the end, because other stores named payments and events that the snapshot did not
  // have.
  /** Payment id → its status at the end; absent if there is no such payment. */
  laterStatuses: Map<string, PaymentRowStatus>;
  /** Event id → its outbox row, for records whose row was written after the snapshot. */
  laterOutbox: Map<string, OutboxRow>;
  /** Capture → what payments still owes or expects for it: an excuse, so it is read last. */
  laterDebts: Map<string, RefundDebt>;

  published: PublishedRecord[];
  /** Whether the slot has confirmed everything that was written before the snapshot. */
  slotPassedSnapshot: boolean;
  progress: Record<ConsumerName, ConsumerProgress>;

  /** By payment id. The primary key allows one entry each; the audit does not rely on it. */
  pointsEntries: Map<string, PointsEntryRow[]>;
  unbalancedAccounts: UnbalancedAccount[];
  /** Payment id → how many receipts the mail provider accepted. */
  receipts: Map<string, number>;
  /** Payment id → how many sends email declared beforehand as possible duplicates. */
  maybeDuplicates: Map<string, number>;
  /** By payment id. */
  documents: Map<string, SearchDocument[]>;
  /**
   * Payment id → a number that grows from effect to effect within that consumer's store. It gives
   * the order in which effects first happened. Numbers of two stores cannot be compared.
   */
  firstEffects: Record<ConsumerName, Map<string, number>>;
  /**
   * A reindex may have written documents of payments that completed before this, in its own order.
   */
  reindexedBeforeMs: number | undefined;
  charges: Charge[];

  // Dead letters, by deadLetterName.
  dlqRecords: Map<string, DlqRecord[]>;
  deadLetterRows: Map<string, DeadLetterRow[]>;
  /** The records in the redrive topic, under the dead letter whose redrive count is one lower. */
  redriveRecords: Map<string, RedriveRecord[]>;
  /** Up to which offset the console has ingested each dead letter topic. */
  ingested: Record<ConsumerName, ReadonlyMap<number, bigint>>;
  /** Looked up at the end: rows of redrives that the table did not call redriven. */
  laterRows: Map<string, DeadLetterRow>;
}

export type PaymentRowStatus = 'PENDING' | 'COMPLETED' | 'DECLINED' | 'UNKNOWN' | 'FAILED';

export interface PaymentRow {
  userId: string;
  status: PaymentRowStatus;
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
  /**
   * How many stored responses its key (of user, method and route) has. The key itself is not read.
   */
  responsesOfKey: number;
  paymentId: string;
  httpStatus: number;
  /** `id` of a payment; undefined for a problem document. */
  bodyId: string | undefined;
  /** `status` of a payment, or the last segment of a problem document's `type`. */
  says: string;
}

export interface PspOutage {
  fromMs: number;
  untilMs: number;
}

/** A record of payment.completed, by its headers. A foreign record may lack any header. */
export interface PublishedRecord extends Position {
  eventId: string | undefined;
  paymentId: string | undefined;
  occurredAtMs: number;
  valueMd5: string;
}

/** How far one consumer has come, and which records it has dead-lettered. */
export interface ConsumerProgress {
  /** Partition → committed offset of payment.completed: the first record that is not completed. */
  committed: Map<number, bigint>;
  /** The same, of the consumer's redrive topic. */
  redriveCommitted: Map<number, bigint>;
  /** By payment id. */
  deadLetters: Map<string, DeadLetter[]>;
  /**
   * The dead letters in the console's table, by payment id. The console never prunes the pending
   * and the discarded ones of a payment.
   */
  deadLetterStates: Map<string, DeadLetterState[]>;
  /** By payment id. */
  redrives: Map<string, Redrive[]>;
}

export interface PointsEntryRow {
  userId: string;
  amountMinor: number;
  currency: string;
}

/** A foreign document may lack any field. */
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
  /** `refund_failed` after `refunded` takes the refund back. */
  status: 'captured' | 'declined' | 'refunded' | 'refund_pending' | 'refund_failed';
  /** Of a refund: its own id. */
  refundId?: string | undefined;
  atMs: number;
}

/** Younger payments are not judged yet. */
export const judgedBeforeMs = (scope: Scope) => scope.cutoffMs - scope.settleLimitMs;

/** Older outbox rows may be dropped, whole days at a time. I1 to I3 judge only younger ones. */
export const outboxKeptSinceMs = (scope: Scope) => scope.cutoffMs - RETENTION.outboxMs;

/** Older outbox rows may be dropped, or were not read. */
export const outboxKnownSinceMs = (scope: Scope) =>
  Math.max(outboxKeptSinceMs(scope), scope.sinceMs ?? 0);

/** Older records may have left the topic. */
export const topicKeptSinceMs = (scope: Scope) => scope.cutoffMs - RETENTION.topicMs;

/** Older records may have left the topic, or were not read. */
export const topicKnownSinceMs = (scope: Scope) =>
  Math.max(topicKeptSinceMs(scope), scope.sinceMs ?? 0);

// Two servers' clocks may differ by this much. A store stamps an effect with its own clock.
const CLOCKS_APART_MAX_MS = 60_000;

/** From when on the stores are read, to have all evidence about payments that completed since. */
export const readSinceMs = ({ sinceMs }: { sinceMs: number }) => sinceMs - CLOCKS_APART_MAX_MS;

/** Every payment that the audit judges. */
export function* judgedPayments(evidence: Evidence): Generator<[id: string, payment: PaymentRow]> {
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

/** Every outbox row whose event must be in the topic by now, or soon. */
export function judgedRows(evidence: Scope & Pick<Evidence, 'outbox'>): OutboxRow[] {
  const sinceMs = outboxKnownSinceMs(evidence);
  const beforeMs = judgedBeforeMs(evidence);
  return evidence.outbox.filter(
    (row) => row.occurredAtMs >= sinceMs && row.occurredAtMs < beforeMs,
  );
}

/**
 * The newest known status of a payment. A payment may complete between the snapshot and the reading
 * of its effect. By the snapshot alone, the audit would report a correct payment.
 */
export function latestStatus(evidence: Evidence, paymentId: string): PaymentRowStatus | undefined {
  return evidence.laterStatuses.get(paymentId) ?? evidence.payments.get(paymentId)?.status;
}

/**
 * The first position of each payment's event. A copy published after a crash has a higher offset.
 */
export function firstPositions({ published }: Pick<Evidence, 'published'>): Map<string, Position> {
  const positions = new Map<string, Position>();
  for (const { paymentId, partition, offset } of published) {
    if (paymentId && !positions.has(paymentId)) positions.set(paymentId, { partition, offset });
  }
  return positions;
}
