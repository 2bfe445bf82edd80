import type { Condition } from './condition.js';

export type Remedy =
  'none' | 'register' | 'register_stopped' | 'restart_failed' | 'restart' | 'stop';

/**
 * The remedy for each condition, the time that the condition must last first, and the reason.
 * Debezium retries every 10 s when PostgreSQL is away, so the console waits longer than that.
 */
export const REMEDIES: Record<Condition, { remedy: Remedy; afterMs: number; why: string }> = {
  healthy: { remedy: 'none', afterMs: 0, why: 'nothing is wrong' },
  connect_unreachable: {
    remedy: 'none',
    afterMs: 0,
    why: 'the process supervisor restarts Connect, and Connect restarts its connector',
  },
  database_unreachable: { remedy: 'none', afterMs: 0, why: 'Debezium retries by itself' },
  connector_missing: {
    remedy: 'register',
    // An operator may be replacing the connector.
    afterMs: 2_000,
    why: 'it was deleted and is registered again; Connect has kept its offset',
  },
  missing_and_moved: {
    remedy: 'register_stopped',
    afterMs: 0,
    why: 'it was deleted, and its slot was moved or the log was shortened: it is registered as stopped, so that it skips no event; npm run connector -- repair',
  },
  connector_stopped: {
    remedy: 'none',
    afterMs: 0,
    why: 'an operator stopped it',
  },
  task_failed: {
    remedy: 'restart_failed',
    afterMs: 0,
    why: 'a failed task stays failed until it is restarted',
  },
  starting: { remedy: 'none', afterMs: 0, why: 'it is starting' },
  slot_missing: {
    remedy: 'restart',
    afterMs: 30_000,
    why: 'a restarted task creates the slot and publishes the retained rows again',
  },
  slot_lost: {
    remedy: 'none',
    afterMs: 0,
    why: 'PostgreSQL invalidated the slot; npm run connector -- repair creates a new one',
  },
  slot_moved: {
    remedy: 'stop',
    afterMs: 0,
    why: 'its slot was moved past unread events: it is stopped before it skips them; npm run connector -- repair',
  },
  log_shortened: {
    remedy: 'stop',
    afterMs: 0,
    why: 'the log of PostgreSQL ends before its offset: it is stopped before it skips events; npm run connector -- repair',
  },
  held: { remedy: 'none', afterMs: 0, why: 'it is stopped and waits for the repair' },
  slot_inactive: {
    remedy: 'restart',
    afterMs: 60_000,
    why: 'it reports RUNNING, but does not read the slot',
  },
  publishing_again: {
    remedy: 'none',
    afterMs: 0,
    why: 'it publishes all retained outbox rows again, and then new ones',
  },
  stalled: {
    remedy: 'restart',
    // A restarted task gets this time for its first progress.
    afterMs: 30_000,
    why: 'it reads the slot, but makes no progress',
  },
};
