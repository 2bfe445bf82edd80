import { backOffMs, Caretaker, type Hands } from './caretaker.js';
import type { ConnectorStatus } from './connect-api.js';
import type { Sight } from './look.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const running: ConnectorStatus = {
  connector: { state: 'RUNNING' },
  tasks: [{ id: 0, state: 'RUNNING' }],
};
const failed: ConnectorStatus = {
  connector: { state: 'RUNNING' },
  tasks: [{ id: 0, state: 'FAILED', trace: 'io.debezium.DebeziumException: no route\n\tat x' }],
};
const slot = {
  active: true,
  restart: 1n,
  confirmed: 10n,
  lagBytes: 0,
  isLost: false,
  rowsAreRead: false,
};
const healthy: Sight = {
  connector: running,
  offset: { lsn: 20n, isSnapshot: false },
  slot,
  unanswered: {},
};

/** A connector in a given state, and a caretaker whose clock we turn. */
function world() {
  const done: string[] = [];
  const logged: Record<string, unknown>[] = [];
  const outcomes: string[] = [];
  const state = { nowMs: 0, sight: healthy, isOurs: true, refuses: false };
  const remedy = (name: string) => async () => {
    if (state.refuses) throw new Error('Connect answered 500');
    done.push(`${name} at ${state.nowMs / SECOND}`);
  };
  const log = (line: unknown, message?: string) => {
    logged.push({ ...(line as object), message });
  };
  const hands: Hands = {
    look: async () => state.sight,
    connect: {
      restart: (which) => remedy(`restart ${which}`)(),
      stop: remedy('stop'),
      configure: remedy('register'),
      createStopped: remedy('register, stopped,'),
    },
    config: async () => ({}),
    mayAct: async () => state.isOurs,
    onRemedy: (_remedy, outcome) => outcomes.push(outcome),
    now: () => state.nowMs,
    random: () => 1,
    logger: { info: log, warn: log, error: log } as Hands['logger'],
  };
  const caretaker = new Caretaker(hands);
  const during = async (ms: number, sight: Sight) => {
    state.sight = sight;
    const until = state.nowMs + ms;
    let report = await caretaker.tick();
    for (; state.nowMs < until; state.nowMs += SECOND) report = await caretaker.tick();
    return report;
  };
  return { state, done, logged, outcomes, during };
}

// The position must move, or it would be a stall.
const moving = (sight: Sight, to: bigint): Sight => ({
  ...sight,
  offset: { lsn: to + 10n, isSnapshot: false },
  slot: { ...slot, confirmed: to },
});

it('a failed task is restarted at once, then with growing pauses, and never given up', async () => {
  const { done, during } = world();
  await during(10 * MINUTE, { ...healthy, connector: failed });
  expect(done.slice(0, 6)).toEqual(
    [0, 2, 6, 14, 30, 62].map((second) => `restart failed at ${second}`),
  );
  // Once a minute from then on.
  expect(done.slice(6, 9)).toEqual([122, 182, 242].map((second) => `restart failed at ${second}`));
});

it('says why in the log, in the words of the task', async () => {
  const { logged, during } = world();
  await during(SECOND, { ...healthy, connector: failed });
  expect(logged).toContainEqual(
    expect.objectContaining({
      condition: 'task_failed',
      trace: 'io.debezium.DebeziumException: no route',
    }),
  );
  expect(logged).toContainEqual(
    expect.objectContaining({
      remedy: 'restart_failed',
      message: expect.stringMatching(/restarted/),
    }),
  );
});

it('begins anew only after half a minute of health: a task that fails again at once has not recovered', async () => {
  const { done, during } = world();
  await during(15 * SECOND, { ...healthy, connector: failed });
  await during(5 * SECOND, moving(healthy, 11n));
  const before = done.length;
  await during(12 * SECOND, { ...healthy, connector: failed });
  // The fifth pause goes on: 14 s and 16 s.
  expect(done.slice(before)).toEqual(['restart failed at 30']);
  await during(31 * SECOND, moving(healthy, 12n));
  const later = done.length;
  await during(3 * SECOND, { ...healthy, connector: failed });
  expect(done.slice(later)).toEqual(['restart failed at 63', 'restart failed at 65']);
});

it('a connector that was deleted is registered again, unless another takes its place within 2 s', async () => {
  const { done, during } = world();
  await during(SECOND, { ...healthy, connector: 'missing' });
  await during(SECOND, moving(healthy, 11n));
  expect(done).toEqual([]);
  await during(4 * SECOND, { ...healthy, connector: 'missing' });
  expect(done).toEqual(['register at 4']);
});

// As it is moved: its reader is gone, and then it lies further on.
const unread = (confirmed: bigint): Sight => ({
  ...healthy,
  slot: { ...slot, active: false, confirmed },
});

it('a slot moved past unread events stops the connector at once, and only stops it', async () => {
  const { done, during } = world();
  await during(3 * SECOND, unread(10n));
  await during(SECOND, unread(30n));
  const stopped: ConnectorStatus = { connector: { state: 'STOPPED' }, tasks: [] };
  const { condition } = await during(10 * MINUTE, { ...unread(30n), connector: stopped });
  expect(done).toEqual(['stop at 3']);
  expect(condition).toBe('held');
});

it('registers one that was deleted after its slot was moved, but stopped', async () => {
  const { done, during } = world();
  await during(3 * SECOND, unread(10n));
  await during(0, unread(30n));
  const { slot, unanswered } = unread(30n);
  const missing: Sight = { connector: 'missing', unanswered, ...(slot && { slot }) };
  await during(SECOND, missing);
  expect(done).toEqual(['stop at 3', 'register, stopped, at 3']);
});

it('leaves one alone that publishes all retained rows again, for hours', async () => {
  const { done, during } = world();
  const snapshot = { ...slot, active: false, rowsAreRead: true };
  const { condition } = await during(180 * MINUTE, { ...healthy, slot: snapshot });
  expect(condition).toBe('publishing_again');
  expect(done).toEqual([]);
});

it('stops one whose slot was moved without waiting for what it did before', async () => {
  const { state, done, during } = world();
  await during(40 * SECOND, { ...unread(10n), connector: failed });
  const before = done.length;
  const secondsBefore = state.nowMs / SECOND;
  await during(2 * SECOND, { ...unread(30n), connector: failed });
  expect(done.slice(before)).toEqual([`stop at ${secondsBefore}`]);
});

it('goes on with one that was killed before Connect had kept what it confirmed', async () => {
  const { done, during } = world();
  const ahead: Sight = { ...healthy, slot: { ...slot, confirmed: 30n } };
  await during(10 * SECOND, ahead);
  await during(5 * SECOND, { slot: { ...slot, confirmed: 30n, active: false }, unanswered: {} });
  await during(10 * SECOND, ahead);
  expect(done).toEqual([]);
});

it('does not disturb one that has just come back from a long outage', async () => {
  const { done, during } = world();
  await during(50 * SECOND, { ...healthy, slot: { ...slot, active: false } });
  await during(50 * SECOND, healthy);
  expect(done).toEqual([]);
});

it('leaves alone what Debezium, or whoever started Connect, sees to', async () => {
  const { done, during } = world();
  await during(20 * SECOND, { ...healthy, slot: 'missing' });
  await during(MINUTE, { slot, unanswered: { connect: 'ECONNREFUSED' } });
  await during(30 * SECOND, { ...healthy, slot: { ...slot, active: false } });
  expect(done).toEqual([]);
});

it('restarts what says that it runs, and does not get on', async () => {
  const { done, during } = world();
  await during(2 * MINUTE, healthy);
  expect(done[0]).toBe('restart all at 61');
});

it('a console that may not act only looks', async () => {
  const { state, done, during } = world();
  state.isOurs = false;
  const report = await during(MINUTE, { ...healthy, connector: failed });
  expect(done).toEqual([]);
  expect(report.condition).toBe('task_failed');
});

it('a remedy that is refused is counted, and tried again', async () => {
  const { state, done, outcomes, during } = world();
  state.refuses = true;
  await during(2 * SECOND, { ...healthy, connector: failed });
  state.refuses = false;
  await during(5 * SECOND, { ...healthy, connector: failed });
  expect(outcomes).toEqual(['refused', 'accepted', 'accepted']);
  expect(done).toEqual(['restart failed at 2', 'restart failed at 6']);
});

it('waits at most a minute, and not in step with another console', () => {
  expect(backOffMs(1, () => 1)).toBe(2_000);
  expect(backOffMs(3, () => 0)).toBe(4_000);
  expect(backOffMs(1_000, () => 1)).toBe(60_000);
});
