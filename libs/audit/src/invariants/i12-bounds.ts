import { CONSUMERS, PARTITIONS, type ConsumerName } from '@effectively-once/contracts';
import type { ConsumerState } from '../stores/consumer-state.js';
import type { Judgement } from '../report.js';

/** Sizes of everything that may grow, at one moment. */
export interface BoundedResources {
  /** Undefined if there is no slot, or PostgreSQL has invalidated it. */
  slotLagBytes: number | undefined;
  /** Undefined for a consumer that does not answer. */
  consumers: Record<ConsumerName, ConsumerState | undefined>;
}

// Half of max_slot_wal_keep_size (infra/postgres/postgresql.conf). At the full size PostgreSQL
// invalidates the slot, and with it every event that it has not published. Half leaves as much time
// again for the repair.
export const SLOT_LAG_MAX_BYTES = 1024 ** 3;

/** The in-flight limit of the delivery runtime, stated again: the audit shares no code with it. */
export const IN_FLIGHT_LIMIT = 20_000;

// A consumer checks the limit after a fetch, so one fetch may exceed it. A fetch brings at most 1
// MB: that is 15,000 records, if each takes only the 70 bytes of a record without content.
export const IN_FLIGHT_ALARM = IN_FLIGHT_LIMIT + 15_000;

// Every parked lane holds at least one record in flight, of payment.completed or of the redrive
// topic.
export const PARKED_KEYS_MAX = 2 * PARTITIONS * IN_FLIGHT_ALARM;

/**
 * I12: everything that may grow is within its bounds: the log that the slot retains, the parked
 * keys of each consumer, and its records in flight per partition.
 *
 * A finding means that backpressure or the connector does not work. It is always `other`, because
 * it is about no payment. A consumer that does not answer
 * is late: it may be down, and then holds nothing. It is not an unreadable store, because then the
 * audit would give no verdict on payments just when the operator needs one.
 */
export function resourcesAreBounded({ slotLagBytes, consumers }: BoundedResources): Judgement {
  const judgement: Judgement = { checked: 1, violated: [], late: [] };
  const judge = (id: string, what: string, value: number, max: number) => {
    judgement.checked++;
    if (value <= max) return;
    judgement.violated.push({ id, kind: 'other', why: `${what}: ${value}, more than ${max}` });
  };
  if (slotLagBytes === undefined) {
    const why = 'there is no slot: events that it had not published do not arrive';
    judgement.violated.push({ id: 'payments_outbox', kind: 'other', why });
  } else {
    judge('payments_outbox', 'bytes of log held back', slotLagBytes, SLOT_LAG_MAX_BYTES);
  }
  for (const consumer of CONSUMERS) {
    const state = consumers[consumer];
    if (!state) {
      const why = 'does not report how many records it holds';
      judgement.late.push({ id: consumer, kind: 'other', why });
      continue;
    }
    judge(consumer, 'parked keys', state.parkedKeys, PARKED_KEYS_MAX);
    for (const [partition, records] of state.inFlightRecords) {
      judge(consumer, `records in flight of ${partition}`, records, IN_FLIGHT_ALARM);
    }
  }
  return judgement;
}
