import { breaking, untilRepaired } from './breaking.js';
import type { ScenarioStep } from './run.js';
import type { StoryWorld } from './world.js';

/** A console that may touch nothing: what is up changes when the operator types. */
function byHand({ isMistake = false } = {}) {
  let isUp = true;
  const typed: string[] = [];
  const step = { command: undefined } as unknown as ScenarioStep;
  const fault = { target: 'kafka', kind: 'stop', acts: 'by_hand', isMistake };
  const board = () => ({
    broken: [],
    targets: [{ name: 'kafka', isUp }],
    links: [{ faults: [{ ...fault, byHand: { break: 'stop it', revert: 'start it' } }] }],
  });
  const world = {
    repairByHand: new Map(),
    step: async (_: string, work: (step: ScenarioStep) => Promise<void>) => await work(step),
    console: () => Promise.resolve(board()),
    changed() {
      typed.push(step.command ?? '');
      isUp = step.command === 'start it';
    },
    async until(_: string, isTrue: () => Promise<boolean>) {
      while (!(await isTrue())) await new Promise((resolve) => setImmediate(resolve));
    },
  } as unknown as StoryWorld;
  return { world, step, typed };
}

it('shows the command that repairs it when the fault has lasted for its seconds', async () => {
  const { world, step, typed } = byHand();
  const startedAtMs = performance.now();
  await breaking(world, 'Kafka stops', { target: 'kafka', kind: 'stop', seconds: 1 });
  expect(typed).toEqual(['stop it']);
  await untilRepaired(world, 'kafka', step);
  expect(typed).toEqual(['stop it', 'start it']);
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(1_000);
});

it('shows the repair of a mistake at once: its seconds are a limit', async () => {
  const { world, step, typed } = byHand({ isMistake: true });
  await breaking(world, 'The slot moves', { target: 'kafka', kind: 'stop', seconds: 300 });
  await untilRepaired(world, 'kafka', step);
  expect(typed).toEqual(['stop it', 'start it']);
});
