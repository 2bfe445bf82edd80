import {
  remedyDelayMs,
  ConnectorSupervisor,
  type SupervisorDependencies,
} from './connector-supervisor.js';
import type { ConnectorStatus } from './connect-api.js';
import type { Observation } from './observe.js';

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
  lagBytes: 1_000,
  spilledBytes: 0n,
  isLost: false,
  rowsAreRead: false,
};
const healthy: Observation = {
  connector: running,
  offset: { lsn: 20n, isSnapshot: false },
  slot,
  errors: {},
};

/** A connector in a given state, and a supervisor with a clock that the test sets. */
function world() {
  const done: string[] = [];
  const logged: Record<string, unknown>[] = [];
  const outcomes: string[] = [];
  const state = { nowMs: 0, observation: healthy, holdsLock: true, refuses: false };
  const remedy = (name: string) => async () => {
    if (state.refuses) throw new Error('Connect answered 500');
    done.push(`${name} at ${state.nowMs / SECOND}`);
  };
  const log = (line: unknown, message?: string) => {
    logged.push({ ...(line as object), message });
  };
  const dependencies: SupervisorDependencies = {
    observe: async () => state.observation,
    connect: {
      restart: (which) => remedy(`restart ${which}`)(),
      stop: remedy('stop'),
      configure: remedy('register'),
      createStopped: remedy('register, stopped,'),
    },
    config: async () => ({}),
    mayAct: async () => state.holdsLock,
    onRemedy: (_remedy, outcome) => outcomes.push(outcome),
    now: () => state.nowMs,
    random: () => 1,
    logger: { info: log, warn: log, error: log } as SupervisorDependencies['logger'],
  };
  const supervisor = new ConnectorSupervisor(dependencies);
  const during = async (ms: number, observation: Observation) => {
    state.observation = observation;
    const until = state.nowMs + ms;
    let report = await supervisor.tick();
    for (; state.nowMs < until; state.nowMs += SECOND) report = await supervisor.tick();
    return report;
  };
  return { state, done, logged, outcomes, during };
}

// The position must move. Otherwise the supervisor sees a stall.
const moving = (observation: Observation, to: bigint): Observation => ({
  ...observation,
  offset: { lsn: to + 10n, isSnapshot: false },
  slot: { ...slot, confirmed: to },
});

it('a failed task is restarted at once, then with growing backoff, without an end', async () => {
  const { done, during } = world();
  await during(10 * MINUTE, { ...healthy, connector: failed });
  expect(done.slice(0, 6)).toEqual(
    [0, 2, 6, 14, 30, 62].map((second) => `restart failed at ${second}`),
  );
  // Then once a minute.
  expect(done.slice(6, 9)).toEqual([122, 182, 242].map((second) => `restart failed at ${second}`));
});

it('logs the error of the task', async () => {
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

it('resets the backoff only after 30 healthy seconds, because a task that fails sooner has not recovered', async () => {
  const { done, during } = world();
  await during(15 * SECOND, { ...healthy, connector: failed });
  await during(5 * SECOND, moving(healthy, 11n));
  const before = done.length;
  await during(12 * SECOND, { ...healthy, connector: failed });
  // The backoff continues: 14 s plus 16 s.
  expect(done.slice(before)).toEqual(['restart failed at 30']);
  await during(31 * SECOND, moving(healthy, 12n));
  const later = done.length;
  await during(3 * SECOND, { ...healthy, connector: failed });
  expect(done.slice(later)).toEqual(['restart failed at 63', 'restart failed at 65']);
});

it('a deleted connector is registered again, unless an operator replaces it within 2 s', async () => {
  const { done, during } = world();
  await during(SECOND, { ...healthy, connector: 'missing' });
  await during(SECOND, moving(healthy, 11n));
  expect(done).toEqual([]);
  await during(4 * SECOND, { ...healthy, connector: 'missing' });
  expect(done).toEqual(['register at 4']);
});

// The slot during a move by hand: it has no reader, and then its position is higher.
const unread = (confirmed: bigint): Observation => ({
  ...healthy,
  slot: { ...slot, active: false, confirmed },
});

it('a slot moved past unread events stops the connector at once, without another remedy', async () => {
  const { done, during } = world();
  await during(3 * SECOND, unread(10n));
  await during(SECOND, unread(30n));
  const stopped: ConnectorStatus = { connector: { state: 'STOPPED' }, tasks: [] };
  const { condition } = await during(10 * MINUTE, { ...unread(30n), connector: stopped });
  expect(done).toEqual(['stop at 3']);
  expect(condition).toBe('held');
});

it('a log that ends before the offset of Connect stops the connector at once', async () => {
  const { done, during } = world();
  await during(3 * SECOND, healthy);
  const restored = { ...healthy, slot: { ...slot, confirmed: 5n, lagBytes: 10 } };
  await during(SECOND, restored);
  const stopped: ConnectorStatus = { connector: { state: 'STOPPED' }, tasks: [] };
  const longAgain = { ...healthy, slot: { ...slot, confirmed: 5n } };
  const { condition } = await during(10 * MINUTE, { ...longAgain, connector: stopped });
  expect(done).toEqual(['stop at 3']);
  expect(condition).toBe('held');
});

it('registers a deleted connector with a moved slot as stopped', async () => {
  const { done, during } = world();
  await during(3 * SECOND, unread(10n));
  await during(0, unread(30n));
  const { slot, errors } = unread(30n);
  const missing: Observation = { connector: 'missing', errors, ...(slot && { slot }) };
  await during(SECOND, missing);
  expect(done).toEqual(['stop at 3', 'register, stopped, at 3']);
});

it('does not disturb a connector that publishes all retained rows again for hours', async () => {
  const { done, during } = world();
  const snapshot = { ...slot, active: false, rowsAreRead: true };
  const { condition } = await during(180 * MINUTE, { ...healthy, slot: snapshot });
  expect(condition).toBe('publishing_again');
  expect(done).toEqual([]);
});

it('stops a connector with a moved slot without waiting for the backoff of a restart', async () => {
  const { state, done, during } = world();
  await during(40 * SECOND, { ...unread(10n), connector: failed });
  const before = done.length;
  const secondsBefore = state.nowMs / SECOND;
  await during(2 * SECOND, { ...unread(30n), connector: failed });
  expect(done.slice(before)).toEqual([`stop at ${secondsBefore}`]);
});

it('does not stop a connector that was killed before Connect stored its offset', async () => {
  const { done, during } = world();
  const ahead: Observation = { ...healthy, slot: { ...slot, confirmed: 30n } };
  await during(10 * SECOND, ahead);
  await during(5 * SECOND, { slot: { ...slot, confirmed: 30n, active: false }, errors: {} });
  await during(10 * SECOND, ahead);
  expect(done).toEqual([]);
});

it('does not disturb a connector that has just returned from a long outage', async () => {
  const { done, during } = world();
  await during(50 * SECOND, { ...healthy, slot: { ...slot, active: false } });
  await during(50 * SECOND, healthy);
  expect(done).toEqual([]);
});

it('waits while Debezium or the process supervisor repairs the fault', async () => {
  const { done, during } = world();
  await during(20 * SECOND, { ...healthy, slot: 'missing' });
  await during(MINUTE, { slot, errors: { connect: 'ECONNREFUSED' } });
  await during(30 * SECOND, { ...healthy, slot: { ...slot, active: false } });
  expect(done).toEqual([]);
});

it('restarts a connector that reports RUNNING but makes no progress', async () => {
  const { done, during } = world();
  await during(2 * MINUTE, healthy);
  expect(done[0]).toBe('restart all at 61');
});

it('a stalled connector is not healthy after a restart, until its position moves', async () => {
  const { done, during } = world();
  await during(62 * SECOND, healthy);
  expect(done).toEqual(['restart all at 61']);
  const restarting = { ...healthy, slot: { ...slot, active: false } };
  expect((await during(10 * SECOND, restarting)).condition).toBe('slot_inactive');
  expect((await during(20 * SECOND, healthy)).condition).toBe('stalled');
  // The restarted task gets 30 s before the next restart.
  expect(done).toHaveLength(1);
  expect((await during(SECOND, moving(healthy, 11n))).condition).toBe('healthy');
});

it('does not disturb a connector while PostgreSQL decodes a large transaction for it', async () => {
  const { done, during } = world();
  for (let second = 0; second < 180; second += 10) {
    const spilledBytes = BigInt(second) * 1_000_000n;
    await during(10 * SECOND, { ...healthy, slot: { ...slot, spilledBytes } });
  }
  expect(done).toEqual([]);
});

it('a console without the lock only observes', async () => {
  const { state, done, during } = world();
  state.holdsLock = false;
  const report = await during(MINUTE, { ...healthy, connector: failed });
  expect(done).toEqual([]);
  expect(report.condition).toBe('task_failed');
});

it('a refused remedy is counted and retried', async () => {
  const { state, done, outcomes, during } = world();
  state.refuses = true;
  await during(2 * SECOND, { ...healthy, connector: failed });
  state.refuses = false;
  await during(5 * SECOND, { ...healthy, connector: failed });
  expect(outcomes).toEqual(['refused', 'accepted', 'accepted']);
  expect(done).toEqual(['restart failed at 2', 'restart failed at 6']);
});

it('backs off for at most a minute, with jitter', () => {
  expect(remedyDelayMs(1, () => 1)).toBe(2_000);
  expect(remedyDelayMs(3, () => 0)).toBe(4_000);
  expect(remedyDelayMs(1_000, () => 1)).toBe(60_000);
});
