import type { ConnectorStatus } from './connect-api.js';
import type { Sight, Slot } from './look.js';

/** A connector sends a heartbeat every 5 s, and confirms it to PostgreSQL within seconds. */
export const STALLED_AFTER_MS = 60_000;

/** In what way the connector works, or does not. */
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
  'held',
  'slot_inactive',
  'publishing_again',
  'stalled',
] as const;
export type Condition = (typeof CONDITIONS)[number];

/** What one look cannot tell. */
export interface Watched {
  /** How long the slot has been read, and its confirmed position been the same. */
  stuckMs: number;
  /** The slot went forward while nobody read it. */
  wentForwardUnread: boolean;
}
const UNWATCHED: Watched = { stuckMs: 0, wentForwardUnread: false };

/**
 * What is wrong, the worst first: what would lose events comes before what only delays them. RUNNING alone
 * proves nothing: Connect says so all through an outage of PostgreSQL.
 */
export function conditionOf(sight: Sight, watched: Watched = UNWATCHED): Condition {
  const { connector, slot } = sight;
  const { stuckMs, wentForwardUnread } = watched;
  if (slot !== undefined && slot !== 'missing') {
    if (slot.isLost && connector !== 'missing') return 'slot_lost';
    if (isBeyond(slot, sight.offset)) {
      // Held: stopped, so that it cannot skip what lies between; a person is to repair it.
      if (isStopped(connector)) return 'held';
      if (wentForwardUnread) return 'slot_moved';
    }
  }
  if (connector === undefined) return 'connect_unreachable';
  // Without the connector Connect does not say how far it had come: that the slot was moved is enough.
  if (connector === 'missing') return wentForwardUnread ? 'missing_and_moved' : 'connector_missing';
  if (isStopped(connector)) return 'connector_stopped';
  if (hasState(connector, 'FAILED')) return 'task_failed';
  if (slot === undefined) return 'database_unreachable';
  if (slot === 'missing') return 'slot_missing';
  if (connector.tasks.length === 0 || !isAll(connector, 'RUNNING')) return 'starting';
  // For as long as it takes: whoever restarts it has it begin anew. That it is in a snapshot according to
  // Connect is not enough: its task may have ended unheard (tried: two tasks made the slot at once).
  if (!slot.active) return slot.rowsAreRead ? 'publishing_again' : 'slot_inactive';
  const isPublishingAgain = sight.offset === 'none' || sight.offset?.isSnapshot === true;
  // What it has read is confirmed only when the last of it is in the topic.
  if (stuckMs > STALLED_AFTER_MS && !isPublishingAgain) return 'stalled';
  return 'healthy';
}

/**
 * What lies between Connect's offset and the slot is not sent again. Mostly it need not be: Debezium confirms
 * what the broker has acknowledged, also what Connect writes down only a moment later, or not any more when
 * it is killed. So this alone proves nothing (tried: a busy connector was stopped for it).
 *
 * When the slot's *restart* position has passed the offset too, Debezium 3.6 notices by itself and publishes
 * the retained rows again; before that it just goes on behind the gap, whatever `offset.mismatch.strategy`
 * says (tried: e2e/a-replication-slot-advanced-by-hand-stops-the-connector.e2e.spec.ts).
 */
function isBeyond(slot: Slot, offset: Sight['offset']): boolean {
  if (offset === undefined || offset === 'none' || offset.isSnapshot) return false;
  return slot.restart !== undefined && slot.restart <= offset.lsn && offset.lsn < slot.confirmed;
}

const isStopped = (connector: Sight['connector']) =>
  typeof connector === 'object' && ['STOPPED', 'PAUSED'].includes(connector.connector.state);
const partsOf = ({ connector, tasks }: ConnectorStatus) => [connector, ...tasks];
const hasState = (status: ConnectorStatus, state: string) =>
  partsOf(status).some((part) => part.state === state);
const isAll = (status: ConnectorStatus, state: string) =>
  partsOf(status).every((part) => part.state === state);
