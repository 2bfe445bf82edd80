import { collectEvidence, type Collected } from './evidence/collect-evidence.js';
import { Deal } from './spill/partitioned-spill.js';
import {
  judgedPayments,
  readSinceMs,
  SETTLE_LIMIT_DEFAULT_MS,
  tooYoungPayments,
} from './evidence/evidence.js';
import { OF_PAYMENTS, OF_THE_SYSTEM, OF_USERS, type Invariant } from './invariants.js';
import { orderedEvents, type OrderedEvent } from './invariants/i09-order.js';
import { add, nothingJudged, type AuditReport, type InvariantReport } from './report.js';
import { openStores, type Sources, type Stores } from './stores/stores.js';

// The connector confirms a position after its next heartbeat (5 s), offset flush (1 s) and status update
// (5 s). Waited for only when an event is missing; shorter, a lost event would be called late.
const SLOT_WAIT_MAX_MS = 20_000;

export interface Judging {
  settleLimitMs?: number;
  /** Judges only what completed since then, and reads only that part of most stores. */
  since?: Date;
  now?: () => Date;
}

/**
 * Walks every payment through every store and names the ones lost or doubled. Reads only, and may run
 * while payments come in: what is on its way is `late`, never `violated`.
 *
 * @throws UnreadableStore naming the store, when one does not answer. No verdict is given on a part.
 */
export async function audit(options: Judging & { sources: Sources }): Promise<AuditReport> {
  const sinceMs = options.since && readSinceMs({ sinceMs: options.since.getTime() });
  const stores = await openStores(options.sources, { sinceMs });
  try {
    return await auditStores(stores, options);
  } finally {
    await stores.close();
  }
}

/** The audit of stores somebody else opened, or tampered with. */
export async function auditStores(
  stores: Stores,
  judging: Judging & { slotWaitMaxMs?: number; paymentsPerBucket?: number },
): Promise<AuditReport> {
  const now = judging.now ?? (() => new Date());
  const cutoff = now();
  const settleLimitMs = judging.settleLimitMs ?? SETTLE_LIMIT_DEFAULT_MS;
  const collected = await collectEvidence(
    stores,
    { cutoffMs: cutoff.getTime(), settleLimitMs, sinceMs: judging.since?.getTime() },
    { slotWaitMaxMs: SLOT_WAIT_MAX_MS, ...judging },
  );
  try {
    const judged = await judge(collected);
    return {
      cutoff: cutoff.toISOString(),
      since: judging.since?.toISOString(),
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
 * Judges bucket after bucket:
 *
 *   everything about some payments ──► I1 to I8, I10, I11
 *        └──► their events, dealt again by user ──► everything of some users ──► I9
 *   what may grow, once ──► I12
 */
async function judge({ buckets, bucketCount, bounded }: Collected): Promise<Judged> {
  const reports = new Map<string, InvariantReport>();
  for (const invariant of [...OF_PAYMENTS, ...OF_USERS, ...OF_THE_SYSTEM]) {
    reports.set(invariant.id, nothingJudged(invariant));
  }
  const judgeAll = <About>(invariants: readonly Invariant<About>[], about: About) => {
    for (const { id, judge } of invariants) add(reports.get(id)!, judge(about));
  };

  judgeAll(OF_THE_SYSTEM, bounded);
  let [payments, tooYoung] = [0, 0];
  const byUser = new Deal<OrderedEvent>(bucketCount);
  try {
    for await (const evidence of buckets()) {
      payments += [...judgedPayments(evidence)].length;
      tooYoung += tooYoungPayments(evidence);
      judgeAll(OF_PAYMENTS, evidence);
      for (const event of orderedEvents(evidence)) await byUser.put(event.userId, event);
    }
    for await (const events of byUser.buckets()) judgeAll(OF_USERS, events);
  } finally {
    await byUser.close();
  }
  const invariants = [...reports.values()].sort((a, b) => numberOf(a) - numberOf(b));
  return { payments, tooYoung, invariants };
}

/** I9 stands between I8 and I10, whichever was judged first. */
const numberOf = ({ id }: InvariantReport) => Number(id.slice(1));
