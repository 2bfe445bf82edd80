import type { ConnectorStatus } from './connect-api.js';
import { conditionOf, STALLED_AFTER_MS, type Condition } from './condition.js';
import type { Observation, Slot } from './observe.js';

const status = (connector: string, ...tasks: string[]): ConnectorStatus => ({
  connector: { state: connector },
  tasks: tasks.map((state, id) => ({ id, state })),
});
const slot: Slot = {
  active: true,
  restart: 90n,
  confirmed: 100n,
  lagBytes: 20,
  spilledBytes: 0n,
  isLost: false,
  rowsAreRead: false,
};
const healthy: Observation = {
  connector: status('RUNNING', 'RUNNING'),
  offset: { lsn: 110n, isSnapshot: false },
  slot,
  errors: {},
};
const justTheSlot: Observation = { slot, errors: { connect: 'ECONNREFUSED' } };
const { slot: _, ...justConnect } = healthy;

const CASES: [what: string, observation: Observation, condition: Condition][] = [
  ['both sides agree', healthy, 'healthy'],
  ['Connect does not answer', justTheSlot, 'connect_unreachable'],
  ['PostgreSQL does not answer', justConnect, 'database_unreachable'],
  [
    'Connect does not know the connector',
    { ...healthy, connector: 'missing' },
    'connector_missing',
  ],
  [
    'Connect knows no connector, and the slot is lost',
    { ...healthy, connector: 'missing', slot: { ...slot, isLost: true } },
    'connector_missing',
  ],
  ['it is stopped', { ...healthy, connector: status('STOPPED') }, 'connector_stopped'],
  ['its task failed', { ...healthy, connector: status('RUNNING', 'FAILED') }, 'task_failed'],
  ['the connector itself failed', { ...healthy, connector: status('FAILED') }, 'task_failed'],
  ['it has no task yet', { ...healthy, connector: status('RUNNING') }, 'starting'],
  ['no worker runs it', { ...healthy, connector: status('RUNNING', 'UNASSIGNED') }, 'starting'],
  ['there is no slot', { ...healthy, slot: 'missing' }, 'slot_missing'],
  ['the slot is lost', { ...healthy, slot: { ...slot, isLost: true } }, 'slot_lost'],
  [
    'it reports RUNNING and does not read the slot',
    { ...healthy, slot: { ...slot, active: false } },
    'slot_inactive',
  ],
];

it.each(CASES)('%s', (_what, observation, condition) => {
  expect(conditionOf(observation)).toBe(condition);
});

describe('a log that ended before the offset of Connect', () => {
  const shortened = { stuckMs: 0, movedWhileUnread: false, logShortened: true };

  it('is not healthy, however well its connector runs', () => {
    expect(conditionOf(healthy, shortened)).toBe('log_shortened');
    const failed = { ...healthy, connector: status('RUNNING', 'FAILED') };
    expect(conditionOf(failed, shortened)).toBe('log_shortened');
  });

  it('holds a stopped connector, and a deleted one is registered as stopped', () => {
    const stopped = { ...healthy, connector: status('STOPPED') };
    expect(conditionOf(stopped, shortened)).toBe('held');
    const { offset: _, ...unsaid } = healthy;
    const missing = { ...unsaid, connector: 'missing' as const };
    expect(conditionOf(missing, shortened)).toBe('missing_and_moved');
  });
});

describe('a slot beyond the offset that Connect has stored', () => {
  const at = (lsn: bigint, positions: Partial<Slot> = {}): Observation => ({
    ...healthy,
    offset: { lsn, isSnapshot: false },
    slot: { ...slot, ...positions },
  });
  const moved = { stuckMs: 0, movedWhileUnread: true, logShortened: false };

  it('is healthy by itself: the broker may have acknowledged events before Connect stored their offset', () => {
    expect(conditionOf(at(99n))).toBe('healthy');
    expect(conditionOf({ ...at(99n), connector: status('RUNNING', 'FAILED') })).toBe('task_failed');
  });

  it('was moved by hand if it moved forward without a reader', () => {
    expect(conditionOf(at(99n), moved)).toBe('slot_moved');
    expect(conditionOf(at(90n), moved)).toBe('slot_moved');
    expect(conditionOf(at(100n), moved)).toBe('healthy');
  });

  it('is detected also while the connector fails or is stopped', () => {
    const failed = { ...at(99n), connector: status('RUNNING', 'FAILED') };
    expect(conditionOf(failed, moved)).toBe('slot_moved');
    const stopped = { ...at(99n), connector: status('STOPPED') };
    expect(conditionOf(stopped, moved)).toBe('held');
    expect(conditionOf(stopped)).toBe('held');
  });

  it('stops no connector if Debezium notices it itself, because the restart position is beyond the offset too', () => {
    expect(conditionOf(at(89n), moved)).toBe('healthy');
    expect(conditionOf(at(89n, { restart: undefined }), moved)).toBe('healthy');
  });

  it('is not needed for a deleted connector, because Connect does not report its offset', () => {
    const { offset: _, ...unsaid } = at(99n);
    const missing = { ...unsaid, connector: 'missing' as const };
    expect(conditionOf(missing, moved)).toBe('missing_and_moved');
    expect(conditionOf(missing)).toBe('connector_missing');
  });

  it('is healthy while the connector publishes all retained rows again', () => {
    const again = { ...healthy, offset: { lsn: 99n, isSnapshot: true } };
    expect(conditionOf(again, moved)).toBe('healthy');
    expect(conditionOf({ ...healthy, offset: 'none' }, moved)).toBe('healthy');
  });
});

it('the connector does not read the slot while it publishes the retained rows again', () => {
  const offset = { lsn: 110n, isSnapshot: true };
  const reading = { ...slot, active: false, rowsAreRead: true };
  expect(conditionOf({ ...healthy, offset, slot: reading })).toBe('publishing_again');
  // Connect reports a snapshot, but the connector reads neither the rows nor the slot.
  const stuck = { ...slot, active: false };
  expect(conditionOf({ ...healthy, offset, slot: stuck })).toBe('slot_inactive');
});

it('a position that never moves is a stall, but not while the connector publishes the retained rows again', () => {
  const stuck = (stuckMs: number) => ({ stuckMs, movedWhileUnread: false, logShortened: false });
  const tooLong = stuck(STALLED_AFTER_MS + 1);
  expect(conditionOf(healthy, stuck(STALLED_AFTER_MS))).toBe('healthy');
  expect(conditionOf(healthy, tooLong)).toBe('stalled');
  expect(conditionOf({ ...healthy, offset: 'none' }, tooLong)).toBe('healthy');
  const again = { ...healthy, offset: { lsn: 110n, isSnapshot: true } };
  expect(conditionOf(again, tooLong)).toBe('healthy');
});
