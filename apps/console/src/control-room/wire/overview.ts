/**
 * What the stream sends: the state of the whole pipeline, and the verdict of the standing audit.
 * See evidence.ts for what `null` and strings mean.
 */
import type { CircuitState, ConsumerName, ConsumerReport } from '@effectively-once/contracts';
import type { PaymentSummary } from './evidence.js';

/** Event `verdict`: what the last audit found. */
export interface Verdict {
  state: 'ok' | 'late' | 'violated' | 'stale';
  lost: number;
  doubled: number;
  late: number;
  other: number;
  /** How many payments were judged. */
  payments: number;
  /** The audit's cut-off; null before the first audit. */
  checkedAt: string | null;
  /** Why the verdict is stale, such as "Redis cannot be read"; null if it is not. */
  why: string | null;
}

export interface ConsumerOverview {
  name: ConsumerName;
  /** Effects applied per second. */
  perSecond: number | null;
  lagRecords: string | null;
  /** How long its oldest unconsumed record has waited. */
  oldestSeconds: number | null;
  trend: 'growing' | 'shrinking' | 'steady' | null;
  /** null while the lag does not shrink. */
  clearsInSeconds: number | null;
  circuits: { dependency: string; state: CircuitState }[];
  parkedLanes: number | null;
  pausedPartitions: number | null;
  deadLettersPending: number | null;
  /** false: its metrics route does not answer. */
  isUp: boolean;
}

export interface OpenPage {
  summary: string;
  severity: string;
  since: string;
  /** A heading of docs/runbook.md, such as `#appdown`; null without one. */
  runbook: string | null;
}

/** Event `overview`: at most 4 a second. */
export interface Overview {
  at: string;
  payments: {
    isUp: boolean;
    /** Outcome of checkout → requests per second; null until it is known. */
    perSecond: Record<string, number> | null;
    /** PENDING and UNKNOWN. */
    unsettled: number | null;
    pspCircuit: CircuitState | null;
  };
  outbox: { rows: string | null; latestAt: string | null };
  slot: {
    lagBytes: string | null;
    /**
     * How old the first byte of the write-ahead log is that the connector has not confirmed. An
     * idle connector confirms every 10 s.
     */
    lagSeconds: number | null;
    retainedBytes: string | null;
    status: string | null;
  };
  connector: { state: string | null; detail: string | null };
  topic: { perSecond: number | null; partitions: TopicEnd[] | null };
  consumers: ConsumerOverview[];
  /** null while the pager's journal cannot be read. */
  openPages: OpenPage[] | null;
  /** Faults that are switched on now; null while the third parties do not answer. */
  faults: ActiveFault[] | null;
}

/** The offset that the partition's next record will get. */
export interface TopicEnd {
  partition: number;
  end: string;
}

export interface ActiveFault {
  id: string;
  target: string;
  kind: string;
  /** When it ends by itself; null if it does not. */
  until: string | null;
}

/** Event `fault`: all faults that are switched on, sent when one is switched on or off. */
export type FaultsChanged = ActiveFault[];

/** Event `payment`: payments that are new or have changed, newest first, at most 100. */
export type PaymentsChanged = PaymentSummary[];

/** Event `snapshot`: the first one, and the first one after a gap. All before it is void. */
export interface Snapshot {
  overview: Overview | null;
  verdict: Verdict;
  payments: PaymentSummary[];
}

/** `GET /api/consumers`. `report` is null while the consumer does not answer. */
export interface ConsumerStates {
  items: { name: ConsumerName; report: ConsumerReport | null }[];
}
