import { SCENARIOS, type ScenarioRun } from '@effectively-once/scenarios';
import { ScenarioRunner } from './scenario-runner.js';

const CLOSED = 'http://127.0.0.1:1';

function newRunner(canBreak = (_target: string) => true) {
  const written: ScenarioRun[] = [];
  const runner = new ScenarioRunner({
    receipts: { load: () => [], write: (run) => void written.push(structuredClone(run)) },
    canBreak,
    reach: {
      paymentsUrl: CLOSED,
      consoleUrl: CLOSED,
      customerToken: async () => 'token',
      operatorToken: async () => 'token',
    },
  });
  return { runner, written };
}

it('runs one story after the other, and keeps what it has seen', async () => {
  const { runner, written } = newRunner();
  const [first, second] = [runner.start('double-click'), runner.start('lost-answer')];
  const told: string[] = [];
  runner.onChange(({ id, state }) => told.push(`${id} ${state}`));
  await Promise.resolve();
  expect([first.state, second.state]).toEqual(['running', 'queued']);
  await runner.stopAll();
  expect([first.state, second.state]).toEqual(['stopped', 'stopped']);
  expect(first.why).toBeNull();
  expect(told).toContain(`${first.id} stopped`);
  expect(told.at(-1)).toBe(`${second.id} stopped`);
  expect(written.at(-1)).toMatchObject({ id: second.id, state: 'stopped' });
  expect(runner.list().runs.map(({ id }) => id)).toEqual([second.id, first.id]);
});

it('tells of each story whether it can run here', async () => {
  const { runner } = newRunner((target) => target === 'psp' || target === 'smtp');
  const { items } = runner.list();
  const named = (wanted: string) =>
    items.filter(({ acts }) => acts === wanted).map(({ name }) => name);
  expect(named('here')).toEqual([
    'double-click',
    'lost-answer',
    'declined',
    'psp-charges-and-hangs',
    'every-mailbox-refuses',
    'one-mailbox-refuses',
  ]);
  expect(named('by_hand')).toEqual([
    'debezium-killed',
    'kafka-restarted',
    'redis-away',
    'loyalty-database-away',
    'zombie-consumer',
    'slot-moved',
    'search-index-lost',
  ]);
  // It dies at a point of its own code, for which an operator has no command.
  expect(named('nowhere')).toEqual(['payments-killed']);
  expect(() => runner.start('payments-killed')).toThrow('may not touch processes here');
});

it('refuses an unknown story, an unknown run, and too many runs', async () => {
  const { runner } = newRunner();
  expect(() => runner.start('a-story')).toThrow('There is no such scenario.');
  expect(() => runner.run('a-run')).toThrow('There is no such run.');
  for (let n = 0; n < 2 * SCENARIOS.length; n++) runner.start('double-click');
  expect(() => runner.start('double-click')).toThrow('runs wait already');
  await runner.stopAll();
});
