/**
 * One payment, with everything that every store knows about it: `GET /api/payments/{id}`.
 *
 * The console and its page exchange these types. Amounts and offsets are strings, because a
 * JavaScript number would falsify large ones. Times are ISO 8601 in UTC. `null` means that the
 * store has not recorded it, and the page shows "–". No type here has room for a mail address, an
 * idempotency key or a token.
 */
import type { FindingKind } from '@effectively-once/audit/report';
import type { ConsumerName } from '@effectively-once/contracts';

export type PaymentState = 'PENDING' | 'COMPLETED' | 'DECLINED' | 'UNKNOWN' | 'FAILED';

/**
 * What has come of one effect. `due`: not there yet, and nothing is wrong. `unknown`: its store
 * does not answer. `none`: there is none, because the payment is not COMPLETED.
 */
export type EffectState =
  'done' | 'due' | 'late' | 'lost' | 'doubled' | 'dead_lettered' | 'unknown' | 'none';

/** One line of the list of payments. */
export interface PaymentSummary {
  id: string;
  userId: string;
  orderId: string;
  status: PaymentState;
  amountMinor: string;
  currency: string;
  createdAt: string;
  completedAt: string | null;
  /** `none` for a payment that has no effects, because it is not COMPLETED. */
  effects: Record<ConsumerName, EffectState>;
}

/** `GET /api/payments?userId=&orderId=&status=&effects=&cursor=`, newest first. */
export interface PaymentList {
  items: PaymentSummary[];
  /** Pass it as `cursor` to get the next page. null on the last one. */
  nextCursor: string | null;
}

/** Where a step happened: one row of the time axis. */
export type Track = 'payments' | 'psp' | 'pipeline' | ConsumerName;

/** One thing that happened to the payment, at a time that a store has recorded. */
export interface PaymentStep {
  /** Unique within the payment, such as `claim` or `email.effect.2`. It is the `data-step`. */
  id: string;
  track: Track;
  /** In the words of the glossary: "claim", "finalize", "WAL read", "fetched". */
  title: string;
  at: string | null;
  /** Its end, if it has a duration. */
  until: string | null;
  /** The column, record timestamp, journal or metric that the time was read from. */
  source: string;
  outcome: 'ok' | 'failed' | 'waiting';
  /** One short sentence; null if the title says it all. */
  detail: string | null;
}

/** Between `from` and `until` a crash makes a repetition, or the effect is not there yet. */
export interface FailureWindow {
  track: Track;
  title: string;
  from: string;
  until: string | null;
  /** What a crash inside it does, in one sentence. */
  meaning: string;
}

/** What one store holds about the payment, as name and value, to be shown as a table. */
export interface StoreEvidence {
  store: string;
  /** How it was read: the query, the topic and offset, or the journal. */
  source: string;
  /** Empty: the store has nothing about this payment. */
  records: Record<string, string | null>[];
}

export interface PaymentFinding {
  invariant: string;
  status: 'late' | 'violated';
  kind: FindingKind;
  why: string;
}

export interface PaymentEvidence extends PaymentSummary {
  version: number;
  pspReference: string | null;
  steps: PaymentStep[];
  windows: FailureWindow[];
  stores: StoreEvidence[];
  judgement: {
    /**
     * `ok` as soon as everything is there, however young. `not_judged`: nothing is wrong, but it is
     * open, or younger than the settle limit and on its way, or a store is unreadable.
     */
    verdict: 'ok' | 'late' | 'violated' | 'not_judged';
    /** The invariants that were judged for this payment. */
    invariants: string[];
    findings: PaymentFinding[];
    judgedAt: string;
    /** Stores that did not answer. Then there is no verdict about them. */
    unreadable: string[];
  };
  /** The event's bytes, as the topic holds them; null if they are not in the topic (any more). */
  event: { headers: Record<string, string>; valueBase64: string } | null;
}
