import { collectEvidence, type CollectedEvidence } from './evidence/collect-evidence.js';
import { PartitionedSpill } from './spill/partitioned-spill.js';
import {
  judgedPayments,
  readSinceMs,
  SETTLE_LIMIT_DEFAULT_MS,
  tooYoungPayments,
} from './evidence/evidence.js';
import {
  PAYMENT_INVARIANTS,
  SYSTEM_INVARIANTS,
  USER_INVARIANTS,
  type Invariant,
} from './invariants.js';
import { orderedEvents, type OrderedEvent } from './invariants/i09-order.js';
import { addJudgement, emptyReport, type AuditReport, type InvariantReport } from './report.js';
import { openStores, type Sources, type Stores } from './stores/stores.js';

// The connector confirms a log position after its next heartbeat (5 s), offset flush (1 s) and
// status update (5 s). The audit waits this long only if an event is missing. With a shorter wait,
// it would report a lost event as late.
const SLOT_WAIT_MAX_MS = 20_000;

export interface JudgeOptions {
  settleLimitMs?: number;
  /** Judges only payments that completed since then, and reads only that part of most stores. */
  since?: Date;
  now?: () => Date;
}

/**
 * Reconciliation of all stores: compares every payment across every store, and names the payments
 * that are lost or doubled. It only reads, and it may run while payments come in: an effect that is
 * still on its way is `late`, never `violated`.
 *
 * @throws UnreadableStore naming the store, if one does not answer. There is no verdict on a part.
 */
export async function audit(options: JudgeOptions & { sources: Sources }): Promise<AuditReport> {
  const sinceMs = options.since && readSinceMs({ sinceMs: options.since.getTime() });
  const stores = await openStores(options.sources, { sinceMs });
  try {
    return await auditStores(stores, options);
  } finally {
    await stores.close();
  }
}

/** Audits stores that the caller has opened. Tests pass stores that they have tampered with. */
export async function auditStores(
  stores: Stores,
  options: JudgeOptions & { slotWaitMaxMs?: number; paymentsPerBucket?: number },
): Promise<AuditReport> {
  const now = options.now ?? (() => new Date());
  const cutoff = now();
  const settleLimitMs = options.settleLimitMs ?? SETTLE_LIMIT_DEFAULT_MS;
  const collected = await collectEvidence(
    stores,
    { cutoffMs: cutoff.getTime(), settleLimitMs, sinceMs: options.since?.getTime() },
    { slotWaitMaxMs: SLOT_WAIT_MAX_MS, ...options },
  );
  try {
    const judged = await judge(collected);
    return {
      cutoff: cutoff.toISOString(),
      since: options.since?.toISOString(),
      settleLimitS: settleLimitMs / 1_000,
      ...judged,
      durationMs: now().getTime() - cutoff.getTime(),
    };
  } finally {
    await collected.close();
  }
}

type Judged = Pick<AuditReport, 'payments' | 'tooYoung' | 'invariants'>;

/**
 * Judges one bucket after the other:
 *
 *   all evidence about some payments ──► I1 to I8, I10, I11
 *        └──► their events, partitioned again by user ──► all events of some users ──► I9
 *   the bounded resources, once ──► I12
 */
async function judge({ buckets, bucketCount, resources }: CollectedEvidence): Promise<Judged> {
  const reports = new Map<string, InvariantReport>();
  for (const invariant of [...PAYMENT_INVARIANTS, ...USER_INVARIANTS, ...SYSTEM_INVARIANTS]) {
    reports.set(invariant.id, emptyReport(invariant));
  }
  const judgeAll = <About>(invariants: readonly Invariant<About>[], about: About) => {
    for (const { id, judge } of invariants) addJudgement(reports.get(id)!, judge(about));
  };

  judgeAll(SYSTEM_INVARIANTS, resources);
  let [payments, tooYoung] = [0, 0];
  const spillByUser = new PartitionedSpill<OrderedEvent>(bucketCount);
  try {
    for await (const evidence of buckets()) {
      payments += [...judgedPayments(evidence)].length;
      tooYoung += tooYoungPayments(evidence);
      judgeAll(PAYMENT_INVARIANTS, evidence);
      for (const event of orderedEvents(evidence)) await spillByUser.put(event.userId, event);
    }
    for await (const events of spillByUser.buckets()) judgeAll(USER_INVARIANTS, events);
  } finally {
    await spillByUser.close();
  }
  const invariants = [...reports.values()].sort((a, b) => numberOf(a) - numberOf(b));
  return { payments, tooYoung, invariants };
}

/** Reports list I9 between I8 and I10, although I9 is judged last. */
const numberOf = ({ id }: InvariantReport) => Number(id.slice(1));
