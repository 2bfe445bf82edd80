import type { ConnectorStatus } from './connect-api.js';
import { conditionOf, STALLED_AFTER_MS, type Condition } from './condition.js';
import type { Sight, Slot } from './look.js';

const status = (connector: string, ...tasks: string[]): ConnectorStatus => ({
  connector: { state: connector },
  tasks: tasks.map((state, id) => ({ id, state })),
});
const slot: Slot = {
  active: true,
  restart: 90n,
  confirmed: 100n,
  lagBytes: 20,
  isLost: false,
  rowsAreRead: false,
};
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
  [
    'it knows none, and PostgreSQL gave the slot up',
    { ...healthy, connector: 'missing', slot: { ...slot, isLost: true } },
    'connector_missing',
  ],
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
  expect(conditionOf(sight)).toBe(condition);
});

describe('a slot beyond what Connect has kept', () => {
  const at = (lsn: bigint, positions: Partial<Slot> = {}): Sight => ({
    ...healthy,
    offset: { lsn, isSnapshot: false },
    slot: { ...slot, ...positions },
  });
  const moved = { stuckMs: 0, wentForwardUnread: true };

  it('is nothing wrong by itself: the broker may have acknowledged what Connect had no time to keep', () => {
    expect(conditionOf(at(99n))).toBe('healthy');
    expect(conditionOf({ ...at(99n), connector: status('RUNNING', 'FAILED') })).toBe('task_failed');
  });

  it('was moved by hand when it went forward while nobody read it', () => {
    expect(conditionOf(at(99n), moved)).toBe('slot_moved');
    expect(conditionOf(at(90n), moved)).toBe('slot_moved');
    expect(conditionOf(at(100n), moved)).toBe('healthy');
  });

  it('is seen while the connector fails, or is stopped, by whoever looks then', () => {
    const failed = { ...at(99n), connector: status('RUNNING', 'FAILED') };
    expect(conditionOf(failed, moved)).toBe('slot_moved');
    const stopped = { ...at(99n), connector: status('STOPPED') };
    expect(conditionOf(stopped, moved)).toBe('held');
    expect(conditionOf(stopped)).toBe('held');
  });

  it('is nothing to hold it for when Debezium notices by itself: its restart position is beyond too', () => {
    expect(conditionOf(at(89n), moved)).toBe('healthy');
    expect(conditionOf(at(89n, { restart: undefined }), moved)).toBe('healthy');
  });

  it('is enough when the connector was deleted too: Connect does not say how far it had come', () => {
    const { offset: _, ...unsaid } = at(99n);
    const missing = { ...unsaid, connector: 'missing' as const };
    expect(conditionOf(missing, moved)).toBe('missing_and_moved');
    expect(conditionOf(missing)).toBe('connector_missing');
  });

  it('is nothing wrong while all retained rows are published again', () => {
    const again = { ...healthy, offset: { lsn: 99n, isSnapshot: true } };
    expect(conditionOf(again, moved)).toBe('healthy');
    expect(conditionOf({ ...healthy, offset: 'none' }, moved)).toBe('healthy');
  });
});

it('nobody reads the slot while the retained rows are published again, however long that takes', () => {
  const offset = { lsn: 110n, isSnapshot: true };
  const reading = { ...slot, active: false, rowsAreRead: true };
  expect(conditionOf({ ...healthy, offset, slot: reading })).toBe('publishing_again');
  // It says so, and reads neither.
  const stuck = { ...slot, active: false };
  expect(conditionOf({ ...healthy, offset, slot: stuck })).toBe('slot_inactive');
});

it('a position that never moves is a stall, but not while the retained rows are published again', () => {
  const stuck = (stuckMs: number) => ({ stuckMs, wentForwardUnread: false });
  const tooLong = stuck(STALLED_AFTER_MS + 1);
  expect(conditionOf(healthy, stuck(STALLED_AFTER_MS))).toBe('healthy');
  expect(conditionOf(healthy, tooLong)).toBe('stalled');
  expect(conditionOf({ ...healthy, offset: 'none' }, tooLong)).toBe('healthy');
  const again = { ...healthy, offset: { lsn: 110n, isSnapshot: true } };
  expect(conditionOf(again, tooLong)).toBe('healthy');
});
