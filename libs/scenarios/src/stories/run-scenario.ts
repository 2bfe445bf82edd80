import { z } from 'zod';
import { repairBroken } from './breaking.js';
import { NotAsTold, type ScenarioRun } from './run.js';
import type { Scenario } from './scenario.js';
import { StoryWorld, type WorldOptions } from './world.js';

const counts = z.object({
  lost: z.number(),
  doubled: z.number(),
  late: z.number(),
  other: z.number(),
  payments: z.number(),
});
const AUDITED_WITHIN_MS = 150_000;

/**
 * Runs one story to its end: its steps, and then the audit of every payment since its start. The
 * run changes while the story goes on; `onChange` tells each time. It never rejects.
 */
export async function runScenario(
  scenario: Scenario,
  run: ScenarioRun,
  options: Omit<WorldOptions, 'runId' | 'onStep'> & { onChange: () => void },
): Promise<void> {
  const world = new StoryWorld({
    ...options,
    runId: run.id,
    onStep: (steps) => {
      run.steps = steps;
      options.onChange();
    },
  });
  try {
    await scenario.run(world);
    await audited(world, run);
    run.state = 'ok';
  } catch (error) {
    run.state = options.signal.aborted ? 'stopped' : 'failed';
    // An operator stopped it: that is no failure.
    if (run.state === 'failed') run.why = error instanceof Error ? error.message : 'it failed';
  }
  // What a story that did not reach its end has broken ends now, and not in some minutes.
  if (run.state === 'failed') {
    for (const target of scenario.breaks) await repairBroken(world, target).catch(() => undefined);
  }
  run.endedAt = new Date().toISOString();
  options.onChange();
}

async function audited(world: StoryWorld, run: ScenarioRun): Promise<void> {
  await world.step('The audit of every payment since the start', async () => {
    const verdict = await world.until(
      'an audit in which nothing is late',
      async () => {
        const since = encodeURIComponent(run.startedAt);
        const found = counts.parse(await world.console('GET', `/api/audit/verdict?since=${since}`));
        run.verdict = found;
        return found.late === 0 ? found : undefined;
      },
      AUDITED_WITHIN_MS,
    );
    const { lost, doubled, other, payments } = verdict;
    if (lost + doubled + other > 0) {
      throw new NotAsTold(`${lost} lost, ${doubled} doubled, ${other} other`);
    }
    return `0 lost · 0 doubled · 0 late · 0 other, of ${payments} payments`;
  });
}
