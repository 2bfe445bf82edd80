import type { ConnectorStatus } from './connect-api.js';
import type { Observation, Slot } from './observe.js';

/**
 * The connector sends a heartbeat every 5 s and confirms it to PostgreSQL within 10 s. So its slot
 * always has work, also when no customer pays.
 */
export const STALLED_AFTER_MS = 30_000;

/** The conditions of the connector: one is healthy, each other one says what is wrong. */
export const CONDITIONS = [
  'healthy',
  'connect_unreachable',
  'database_unreachable',
  'connector_missing',
  'missing_and_moved',
  'connector_stopped',
  'task_failed',
  'starting',
  'slot_missing',
  'slot_lost',
  'slot_moved',
  'log_shortened',
  'held',
  'slot_inactive',
  'publishing_again',
  'stalled',
] as const;
export type Condition = (typeof CONDITIONS)[number];

/** What a single observation cannot show. */
export interface History {
  /** How long the connector has read the slot without progress. A restart alone is no progress. */
  stuckMs: number;
  /** The slot moved forward while no connector read it. */
  movedWhileUnread: boolean;
  /** The log of PostgreSQL ended before an offset that Connect has stored. */
  logShortened: boolean;
}
const NO_HISTORY: History = { stuckMs: 0, movedWhileUnread: false, logShortened: false };

/**
 * The condition of the connector, the worst first: a condition that loses events comes before one
 * that only delays them. The state RUNNING alone proves nothing: Connect reports it also during an
 * outage of PostgreSQL.
 */
export function conditionOf(observation: Observation, history: History = NO_HISTORY): Condition {
  const { connector, slot } = observation;
  const { stuckMs, movedWhileUnread, logShortened } = history;
  if (slot !== undefined && slot !== 'missing') {
    if (slot.isLost && connector !== 'missing') return 'slot_lost';
    // A running connector skips what is written before the log has passed its offset.
    if (logShortened && typeof connector === 'object') {
      return isStopped(connector) ? 'held' : 'log_shortened';
    }
    if (isBeyond(slot, observation.offset)) {
      // `held`: stopped, so that it cannot skip the unread events. The operator has to repair it.
      if (isStopped(connector)) return 'held';
      if (movedWhileUnread) return 'slot_moved';
    }
  }
  if (connector === undefined) return 'connect_unreachable';
  // Connect reports no offset of a deleted connector. A move of the slot alone is enough here.
  if (connector === 'missing') {
    return movedWhileUnread || logShortened ? 'missing_and_moved' : 'connector_missing';
  }
  if (isStopped(connector)) return 'connector_stopped';
  if (hasState(connector, 'FAILED')) return 'task_failed';
  if (slot === undefined) return 'database_unreachable';
  if (slot === 'missing') return 'slot_missing';
  if (connector.tasks.length === 0 || !isAll(connector, 'RUNNING')) return 'starting';
  // A snapshot may take any time, and a restart would start it from the beginning. The snapshot
  // flag of Connect proves nothing: its task may have ended without a report (tried: two tasks
  // created the slot at once).
  if (!slot.active) return slot.rowsAreRead ? 'publishing_again' : 'slot_inactive';
  const isPublishingAgain =
    observation.offset === 'none' || observation.offset?.isSnapshot === true;
  // During a snapshot the connector confirms nothing until its last row is in the topic.
  if (stuckMs > STALLED_AFTER_MS && !isPublishingAgain) return 'stalled';
  return 'healthy';
}

/**
 * Is the slot beyond the offset that Connect has stored? PostgreSQL does not send the events
 * between the two again. This alone proves no loss: Debezium confirms what the broker has
 * acknowledged, and Connect stores the offset a moment later, or never if it is killed (tried: this
 * alone stopped a busy connector).
 *
 * If the *restart* position of the slot has passed the offset too, Debezium 3.6 notices it and
 * publishes the retained rows again. Otherwise Debezium continues after the gap, with any
 * `offset.mismatch.strategy` (tried:
 * e2e/a-replication-slot-advanced-by-hand-stops-the-connector.e2e.spec.ts).
 */
function isBeyond(slot: Slot, offset: Observation['offset']): boolean {
  if (offset === undefined || offset === 'none' || offset.isSnapshot) return false;
  return slot.restart !== undefined && slot.restart <= offset.lsn && offset.lsn < slot.confirmed;
}

const isStopped = (connector: Observation['connector']) =>
  typeof connector === 'object' && ['STOPPED', 'PAUSED'].includes(connector.connector.state);
const partsOf = ({ connector, tasks }: ConnectorStatus) => [connector, ...tasks];
const hasState = (status: ConnectorStatus, state: string) =>
  partsOf(status).some((part) => part.state === state);
const isAll = (status: ConnectorStatus, state: string) =>
  partsOf(status).every((part) => part.state === state);
