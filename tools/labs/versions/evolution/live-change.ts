import { setTimeout as sleep } from 'node:timers/promises';
import { CONSUMERS, type ConsumerName } from '@effectively-once/contracts';
import { pollUntil } from '@effectively-once/timing';
import { appUrl } from '../../../cli/clients/app-url.js';
import { demoToken } from '../../../cli/clients/demo-token.js';
import { DlqClient } from '../../../cli/clients/dlq-client.js';
import type { LabContext } from '../../lab.js';
import { Customers } from '../deploy/customers.js';
import { drawnOrder, startsAsOf } from '../deploy/drawn-releases.js';
import { Fleet, type Deploy } from '../deploy/fleet.js';
import { RunRecords } from '../deploy/run-records.js';
import type { LiveChange } from './judge-live.js';

const FULL = { perSecond: 10, restMs: 4_000, oldReaderLetters: 40, deploys: CONSUMERS.length };
/** One consumer is deployed twice, the others have every reader that they need from the start. */
const SMALL = { perSecond: 5, restMs: 1_000, oldReaderLetters: 3, deploys: 1 };
const LETTERS_WITHIN_MS = 60_000;
const POLL_MS = 250;
const REDRIVEN_MAX = 10_000;

/**
 * Version 2 of `payment.completed`, rolled out while customers pay:
 *
 *   expand    every consumer becomes N, which reads both versions; payments publishes version 1
 *   switch    payments becomes N, which publishes version 2
 *   contract  every consumer becomes N+1, which reads version 2 alone, once version 1 is read
 *
 * Then the mistake: a consumer of N-1 joins its group again, dead-letters what it does not know,
 * leaves, and its dead letters are redriven.
 */
export async function changeLive(context: LabContext): Promise<LiveChange> {
  const { random, isSmall } = context;
  const size = isSmall ? SMALL : FULL;
  const order = drawnOrder(random).slice(0, size.deploys);
  const records = new RunRecords(context);
  try {
    const fleet = await Fleet.start(context, startsAsOf(order));
    try {
      return await expandSwitchContract({ context, fleet, records, order, size });
    } finally {
      await fleet.stop();
    }
  } finally {
    await records.close();
  }
}

interface Parts {
  context: LabContext;
  fleet: Fleet;
  records: RunRecords;
  order: readonly ConsumerName[];
  size: typeof FULL | typeof SMALL;
}

async function expandSwitchContract({
  context,
  fleet,
  records,
  order,
  size,
}: Parts): Promise<LiveChange> {
  const { print, signal } = context;
  const lettersBefore = await records.deadLetters();
  const startedAtMs = Date.now();
  const customers = await Customers.arrive(context, size.perSecond);
  try {
    const deploys: Deploy[] = [];
    const deploy = async (...next: Parameters<Fleet['deploy']>) => {
      deploys.push(await fleet.deploy(...next));
      print(`  ${next.join(' → ')}`);
      await sleep(size.restMs, undefined, { signal });
    };
    await sleep(size.restMs, undefined, { signal });
    for (const consumer of order) await deploy(consumer, 'N');
    await deploy('payments', 'N');
    await records.untilIsRead(1);
    for (const consumer of order) await deploy(consumer, 'N+1');
    const inOrder = (await records.deadLetters()) - lettersBefore;

    const [mistaken = 'loyalty'] = order;
    const mistakeAtMs = Date.now();
    await fleet.besides(mistaken, 'N-1', async () => {
      print(`  ${mistaken}: N-1 joins again`);
      await untilDeadLetters(context, records, lettersBefore + inOrder + size.oldReaderLetters);
    });
    await records.untilDrained();
    const byMistake = (await records.deadLetters()) - lettersBefore - inOrder;
    const redriven = await redriveAll(context, mistaken, byMistake);
    print(`  ${redriven} of ${byMistake} dead letters redriven`);
    const endedAtMs = Date.now();
    const checkouts = await customers.leave();
    const verdict = await records.verdict(fleet);
    return {
      startedAtMs,
      mistakeAtMs,
      endedAtMs,
      mistaken,
      deploys,
      deadLetters: { inOrder, byMistake, redriven },
      published: await records.published(),
      checkouts,
      verdict,
    };
  } finally {
    await customers.giveUp();
  }
}

async function untilDeadLetters(
  { signal }: LabContext,
  records: RunRecords,
  count: number,
): Promise<void> {
  let seen = 0;
  const areThere = async () => {
    signal.throwIfAborted();
    seen = await records.deadLetters();
    return seen >= count;
  };
  await pollUntil(areThere, {
    everyMs: POLL_MS,
    timeoutMs: LETTERS_WITHIN_MS,
    timeoutMessage: () => `${seen} of ${count} dead letters`,
  });
}

/** As the operator does it, once the console has ingested them. @returns how many. */
async function redriveAll(
  { environment }: LabContext,
  consumer: ConsumerName,
  written: number,
): Promise<number> {
  const token = await demoToken(environment, { userId: 'lab', role: 'operator' });
  const client = new DlqClient({ url: appUrl(environment, 'CONSOLE'), token });
  const redrive = async (dryRun: boolean) =>
    await client.redrive(consumer, {
      filter: { errorName: 'UnsupportedVersion' },
      max: REDRIVEN_MAX,
      dryRun,
    });
  // Not the offsets of the topic: on a shared system it also has copies and ends of transactions.
  const areIngested = async () => (await redrive(true)).count >= written;
  await pollUntil(areIngested, {
    everyMs: POLL_MS,
    timeoutMs: LETTERS_WITHIN_MS,
    timeoutMessage: () => `the console has not ingested ${written} dead letters of ${consumer}`,
  });
  const { count, action } = await redrive(false);
  const isDone = async () => !action || (await client.action(action.id)).finishedAt !== null;
  await pollUntil(isDone, {
    everyMs: POLL_MS,
    timeoutMs: LETTERS_WITHIN_MS,
    timeoutMessage: () => `the redrive of ${count} dead letters did not finish`,
  });
  return count;
}
