import type { Condition } from './condition.js';

export type Remedy =
  'none' | 'register' | 'register_stopped' | 'restart_failed' | 'restart' | 'stop';

/**
 * What is done about each condition once it has lasted that long, and why. Debezium tries again every 10 s
 * by itself when PostgreSQL goes away, so we leave it alone for longer than that.
 */
export const REMEDIES: Record<Condition, { remedy: Remedy; afterMs: number; why: string }> = {
  healthy: { remedy: 'none', afterMs: 0, why: 'nothing is wrong' },
  connect_unreachable: {
    remedy: 'none',
    afterMs: 0,
    why: 'whoever started Connect restarts it, and it takes its connector up again',
  },
  database_unreachable: { remedy: 'none', afterMs: 0, why: 'Debezium tries again by itself' },
  connector_missing: {
    remedy: 'register',
    // Somebody may be putting another in its place.
    afterMs: 2_000,
    why: 'it was deleted, and is registered again; Connect still knows how far it had come',
  },
  missing_and_moved: {
    remedy: 'register_stopped',
    afterMs: 0,
    why: 'it was deleted and its slot moved: registered, and stopped before it skips anything; npm run connector -- repair',
  },
  connector_stopped: {
    remedy: 'none',
    afterMs: 0,
    why: 'a person stopped it',
  },
  task_failed: {
    remedy: 'restart_failed',
    afterMs: 0,
    why: 'a failed task stays failed until it is restarted',
  },
  starting: { remedy: 'none', afterMs: 0, why: 'it is being started' },
  slot_missing: {
    remedy: 'restart',
    afterMs: 30_000,
    why: 'a task that starts makes the slot anew and publishes the retained rows again',
  },
  slot_lost: {
    remedy: 'none',
    afterMs: 0,
    why: 'PostgreSQL gave the slot up; npm run connector -- repair makes another',
  },
  slot_moved: {
    remedy: 'stop',
    afterMs: 0,
    why: 'its slot was moved past unread events: stopped before it skips them; npm run connector -- repair',
  },
  held: { remedy: 'none', afterMs: 0, why: 'it is stopped, and waits for the repair' },
  slot_inactive: {
    remedy: 'restart',
    afterMs: 60_000,
    why: 'it says that it runs, and does not read',
  },
  publishing_again: {
    remedy: 'none',
    afterMs: 0,
    why: 'it publishes all that the outbox keeps once more, and then what is new',
  },
  stalled: { remedy: 'restart', afterMs: 0, why: 'it reads, and does not get on' },
};
