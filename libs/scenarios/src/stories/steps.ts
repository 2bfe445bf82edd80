import type { Purchase, StoryWorld } from './world.js';

/** Repeats a purchase with its key until the answer is final, which must be a 201. */
export async function paid(world: StoryWorld, title: string, purchase: Purchase): Promise<void> {
  await world.step(title, async (step) => {
    const answer = await world.pay(purchase);
    world.expect(answer.status === 201, `it was answered ${answer.status}`);
    step.paymentIds = [answer.id];
    return '201';
  });
}

/**
 * Of every payment that the story has made so far.
 * @param isRepairGoingOn an operator repairs it by hand, and the story cannot see the end of that.
 */
export async function untilAllIsThere(world: StoryWorld, isRepairGoingOn = false): Promise<void> {
  const ids = [...new Set(world.steps.flatMap(({ paymentIds }) => paymentIds))];
  await world.step('Receipt, points and search document', async () => {
    await world.untilComplete(ids, isRepairGoingOn);
    return ids.length === 1 ? 'all there, once' : `all there, once, for ${ids.length} payments`;
  });
}
