import { CONSUMERS, PARTITIONS, type ConsumerName } from '@effectively-once/contracts';
import type { Windows } from '../stores/windows.js';
import type { Judgement } from '../report.js';

/** What may grow, as it was at one moment. */
export interface Bounded {
  /** Undefined when there is no slot any more. */
  slotLagBytes: number | undefined;
  /** Undefined for a consumer that did not answer. */
  windows: Record<ConsumerName, Windows | undefined>;
}

// Half of max_slot_wal_keep_size (infra/postgres/postgresql.conf): at all of it PostgreSQL gives the slot
// up, and with it every event that was not published. Half leaves as long again to repair the connector.
export const SLOT_LAG_MAX_BYTES = 1024 ** 3;

/** The delivery runtime's limit, stated again here: the auditor shares no code with what it audits. */
export const WINDOW_RECORDS_MAX = 20_000;

// A window is found to be full after the fetch that filled it, which brings a megabyte at the most: 15,000
// records, if each is nothing but the 70 bytes that a record without any content takes.
export const WINDOW_HELD_MAX = WINDOW_RECORDS_MAX + 15_000;

// Every parked lane keeps at least one record of a window: of payment.completed, or of the redrive topic.
export const PARKED_KEYS_MAX = 2 * PARTITIONS * WINDOW_HELD_MAX;

/**
 * I12: what may grow is within its bounds: the log the slot holds back, each consumer's parked keys, and
 * what it holds of each partition.
 *
 * A consumer that does not answer is late: it may be down, and then holds nothing; what that does to
 * payments is said by their own invariants. "Cannot be read" would give no verdict on payments, just when
 * one is wanted most.
 */
export function whatGrowsIsBounded({ slotLagBytes, windows }: Bounded): Judgement {
  const judgement: Judgement = { checked: 1, violated: [], late: [] };
  const judge = (id: string, what: string, value: number, max: number) => {
    judgement.checked++;
    if (value <= max) return;
    judgement.violated.push({ id, why: `${what}: ${value}, more than ${max}` });
  };
  if (slotLagBytes === undefined) {
    const why = 'there is no slot: what it had not published is not on its way';
    judgement.violated.push({ id: 'payments_outbox', why });
  } else {
    judge('payments_outbox', 'bytes of log held back', slotLagBytes, SLOT_LAG_MAX_BYTES);
  }
  for (const consumer of CONSUMERS) {
    const held = windows[consumer];
    if (!held) {
      judgement.late.push({ id: consumer, why: 'does not say how full its windows are' });
      continue;
    }
    judge(consumer, 'parked keys', held.parkedKeys, PARKED_KEYS_MAX);
    for (const [partition, records] of held.records) {
      judge(consumer, `records in the window of ${partition}`, records, WINDOW_HELD_MAX);
    }
  }
  return judgement;
}
