import type { FaultRequest } from '../faults/fault-request.js';
import { faultBoard } from './answers.js';
import type { ScenarioStep } from './run.js';
import type { StoryWorld } from './world.js';

/** An operator reads a command and types it. */
const BY_HAND_WITHIN_MS = 600_000;
/** The longest repair: the connector publishes every row of the outbox again. */
const REPAIRED_WITHIN_MS = 180_000;

/** Breaks something for some seconds, in a step of its own. */
export async function breaking(
  world: StoryWorld,
  title: string,
  request: FaultRequest,
): Promise<void> {
  await world.step(title, (step) => breakNow(world, step, request));
}

/**
 * Breaks it. Where the console may not touch it, the step shows the command, and this waits until
 * the target does not answer any more. @returns what was done.
 */
export async function breakNow(
  world: StoryWorld,
  step: ScenarioStep,
  request: FaultRequest,
): Promise<string> {
  const { target, kind, seconds } = request;
  const { links } = await readBoard(world);
  const offered = links
    .flatMap(({ faults }) => faults)
    .find((one) => one.target === target && one.kind === kind);
  if (offered?.acts !== 'by_hand' || !offered.byHand) {
    await world.console('POST', '/api/faults', request);
    return 'broken';
  }
  await typed(world, step, { command: offered.byHand.break, target, isUp: false });
  // What an operator did by mistake lasts until the repair, everything else for its seconds.
  const notBeforeMs = performance.now() + (offered.isMistake ? 0 : 1_000 * seconds);
  world.repairByHand.set(target, { command: offered.byHand.revert, notBeforeMs });
  return 'broken by hand';
}

/** Reverts what this run has broken. Nothing happens if it has ended already. */
export async function repairBroken(world: StoryWorld, target: string): Promise<void> {
  const { broken } = await readBoard(world);
  for (const { id, target: other } of broken) {
    if (other !== target) continue;
    await world.console('DELETE', `/api/faults/${id}`).catch(() => undefined);
  }
}

/** Waits until it works again, by itself or by the command that the step shows. */
export async function untilRepaired(
  world: StoryWorld,
  target: string,
  step?: ScenarioStep,
): Promise<void> {
  const byHand = world.repairByHand.get(target);
  if (byHand && step) {
    const { command, notBeforeMs } = byHand;
    await world.until(
      'the command that repairs it',
      () => Promise.resolve(performance.now() >= notBeforeMs),
      REPAIRED_WITHIN_MS,
    );
    return await typed(world, step, { command, target, isUp: true });
  }
  await world.until(
    `${target} to be repaired`,
    async () => !(await readBoard(world)).broken.some((one) => one.target === target),
    REPAIRED_WITHIN_MS,
  );
}

async function typed(
  world: StoryWorld,
  step: ScenarioStep,
  { command, target, isUp }: { command: string; target: string; isUp: boolean },
): Promise<void> {
  step.command = command;
  world.changed();
  await world.until(
    `${target} to be ${isUp ? 'repaired' : 'broken'} by hand`,
    async () =>
      (await readBoard(world)).targets.some((one) => one.name === target && one.isUp === isUp),
    BY_HAND_WITHIN_MS,
  );
}

const readBoard = async (world: StoryWorld) =>
  faultBoard.parse(await world.console('GET', '/api/faults'));
