import { setTimeout as sleep } from 'node:timers/promises';
import { breaking, breakNow, repairBroken, untilRepaired } from './breaking.js';
import type { Scenario } from './scenario.js';
import { pipeline } from './answers.js';
import { untilAllIsThere } from './steps.js';
import type { StoryWorld } from './world.js';

const PAYMENTS = 4;
/** Debezium comes back after 10 s. Five payments must be in the outbox by then. */
const PAY_EVERY_MS = 600;
/** Of the payments of a step, as many are followed by name. The audit at the end follows all. */
const FOLLOWED = 8;
const SECONDS = 300;

/** Mistakes of an operator at a store, and the repairs of the runbook. */
export const MISTAKE_STORIES: readonly Scenario[] = [
  {
    name: 'slot-moved',
    title: 'The replication slot is moved past unread events',
    behaviour: 'An operator advances the slot by hand. PostgreSQL never sends what it has passed.',
    demonstrates:
      'Change data capture and its replication slot: stop before an event is skipped, then publish the outbox again.',
    success: 'Payments are paid meanwhile; after the repair, every effect is there, once.',
    proof: 'The connector is STOPPED and skips nothing. The lost events come with the repair.',
    breaks: ['replication-slot'],
    byHand: true,
    async run(world) {
      await world.step('The slot is advanced while customers pay', async (step) => {
        const paying = new AbortController();
        const paid = payAllTheTime(world, paying.signal);
        const how = await breakNow(world, step, {
          target: 'replication-slot',
          kind: 'advance',
          seconds: SECONDS,
        }).finally(() => paying.abort());
        const ids = await paid;
        step.paymentIds = ids.slice(-FOLLOWED);
        return `${how}; ${ids.length} times 201, the last ${step.paymentIds.length} are listed`;
      });
      await world.step('The console stops the connector', async () => await untilStopped(world));
      await payingWithout(world, 'Customers pay; their effects wait', []);
      await repaired(world, 'replication-slot', 'npm run connector -- repair');
    },
  },
  {
    name: 'search-index-lost',
    title: 'The search index is lost, and refilled',
    behaviour: 'An operator deletes the index with every document while payments come in.',
    demonstrates:
      'A projection can be built again from its source: reindex with the same ids and external versions.',
    success: 'Receipts and points go on; after the reindex, every payment is found, once.',
    proof: 'Search waits and dead-letters nothing. The reindex writes what is missing.',
    breaks: ['search-index'],
    byHand: true,
    async run(world) {
      await world.step(`${PAYMENTS} customers pay, and are found`, async (step) => {
        step.paymentIds = await world.payments(PAYMENTS);
        await world.untilEffects(step.paymentIds, 'search', 'done');
        return 'each has its document';
      });
      await breaking(world, 'The index is deleted', {
        target: 'search-index',
        kind: 'delete',
        seconds: SECONDS,
      });
      await payingWithout(world, 'Customers pay; receipts and points go on', ['email', 'loyalty']);
      await repaired(world, 'search-index', 'npm run reindex');
    },
  },
];

/** One customer after the other, until the signal. @returns the payments. */
async function payAllTheTime(world: StoryWorld, signal: AbortSignal): Promise<string[]> {
  const paying: Promise<string[]>[] = [];
  while (!signal.aborted) {
    paying.push(world.payments(1));
    await sleep(PAY_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  return (await Promise.all(paying)).flat();
}

async function payingWithout(
  world: StoryWorld,
  title: string,
  goOn: ('email' | 'loyalty')[],
): Promise<void> {
  await world.step(title, async (step) => {
    step.paymentIds = await world.payments(PAYMENTS);
    for (const consumer of goOn) await world.untilEffects(step.paymentIds, consumer, 'done');
    const [first = ''] = step.paymentIds;
    return `${PAYMENTS} times 201; search of the first payment: ${(await world.effectsOf(first)).search}`;
  });
}

/** Reports that the console has stopped the connector, as the page “Overview” shows it. */
async function untilStopped(world: StoryWorld): Promise<string> {
  const state = await world.until('the connector to be stopped', async () => {
    const { connector } = pipeline.parse(await world.console('GET', '/api/pipeline'));
    return connector.state === 'STOPPED' && connector.state;
  });
  return `${state}: it skips no event`;
}

async function repaired(world: StoryWorld, target: string, command: string): Promise<void> {
  await world.step(`The operator repairs it: ${command}`, async (step) => {
    await repairBroken(world, target);
    await untilRepaired(world, target, step);
    return 'done';
  });
  await untilAllIsThere(world, world.repairByHand.has(target));
}
