import type { ConnectorStatus } from './connect-api.js';
import { conditionOf, STALLED_AFTER_MS, type Condition } from './condition.js';
import type { Sight, Slot } from './look.js';

const status = (connector: string, ...tasks: string[]): ConnectorStatus => ({
  connector: { state: connector },
  tasks: tasks.map((state, id) => ({ id, state })),
});
const slot: Slot = { active: true, restart: 90n, confirmed: 100n, lagBytes: 20, isLost: false };
const healthy: Sight = {
  connector: status('RUNNING', 'RUNNING'),
  offset: { lsn: 110n, isSnapshot: false },
  slot,
  unanswered: {},
};
const justTheSlot: Sight = { slot, unanswered: { connect: 'ECONNREFUSED' } };
const { slot: _, ...justConnect } = healthy;

const CASES: [what: string, sight: Sight, condition: Condition][] = [
  ['both sides agree', healthy, 'healthy'],
  ['Connect does not answer', justTheSlot, 'connect_unreachable'],
  ['PostgreSQL does not answer', justConnect, 'database_unreachable'],
  ['Connect knows no such connector', { ...healthy, connector: 'missing' }, 'connector_missing'],
  ['it is stopped', { ...healthy, connector: status('STOPPED') }, 'connector_stopped'],
  ['its task failed', { ...healthy, connector: status('RUNNING', 'FAILED') }, 'task_failed'],
  ['it failed itself', { ...healthy, connector: status('FAILED') }, 'task_failed'],
  ['it has no task yet', { ...healthy, connector: status('RUNNING') }, 'starting'],
  ['no worker has it', { ...healthy, connector: status('RUNNING', 'UNASSIGNED') }, 'starting'],
  ['there is no slot', { ...healthy, slot: 'missing' }, 'slot_missing'],
  ['the slot was given up', { ...healthy, slot: { ...slot, isLost: true } }, 'slot_lost'],
  ['it runs and nobody reads', { ...healthy, slot: { ...slot, active: false } }, 'slot_inactive'],
];

it.each(CASES)('%s', (_what, sight, condition) => {
  expect(conditionOf(sight, 0)).toBe(condition);
});

describe('a slot beyond what Connect has kept', () => {
  const at = (lsn: bigint, positions: Partial<Slot> = {}): Sight => ({
    ...healthy,
    offset: { lsn, isSnapshot: false },
    slot: { ...slot, ...positions },
  });

  it('was moved by somebody else, and what lies between would be skipped', () => {
    expect(conditionOf(at(99n), 0)).toBe('slot_moved');
    expect(conditionOf(at(90n), 0)).toBe('slot_moved');
    expect(conditionOf(at(100n), 0)).toBe('healthy');
  });

  it('is seen while the connector fails, is stopped, or Connect has nothing to say of it', () => {
    const failed = { ...at(99n), connector: status('RUNNING', 'FAILED') };
    expect(conditionOf(failed, 0)).toBe('slot_moved');
    expect(conditionOf({ ...at(99n), connector: status('STOPPED') }, 0)).toBe('held');
  });

  it('is nothing to hold it for when Debezium notices by itself: its restart position is beyond too', () => {
    expect(conditionOf(at(89n), 0)).toBe('healthy');
    expect(conditionOf(at(89n, { restart: undefined }), 0)).toBe('healthy');
  });

  it('is nothing wrong while all retained rows are published again', () => {
    expect(conditionOf({ ...healthy, offset: { lsn: 99n, isSnapshot: true } }, 0)).toBe('healthy');
    expect(conditionOf({ ...healthy, offset: 'none' }, 0)).toBe('healthy');
  });
});

it('a position that never moves is a stall, but not while the retained rows are published again', () => {
  const tooLong = STALLED_AFTER_MS + 1;
  expect(conditionOf(healthy, STALLED_AFTER_MS)).toBe('healthy');
  expect(conditionOf(healthy, tooLong)).toBe('stalled');
  expect(conditionOf({ ...healthy, offset: 'none' }, tooLong)).toBe('healthy');
  const again = { ...healthy, offset: { lsn: 110n, isSnapshot: true } };
  expect(conditionOf(again, tooLong)).toBe('healthy');
});
