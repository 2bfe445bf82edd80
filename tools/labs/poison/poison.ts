import { setTimeout as sleep } from 'node:timers/promises';
import { deadLetterTopic } from '@effectively-once/contracts';
import { pollUntil } from '@effectively-once/timing';
import { endOfTopic } from '../../bench/delivery/end-of-topic.js';
import type { Lab, LabContext, LabResult } from '../lab.js';
import { connectedProducer, sendAllTo } from '../../bench/delivery/produce.js';
import { LabConsumer } from '../process/records/lab-consumer.js';
import { deadTopicOf, type Way } from '../process/records/lab-record.js';
import { judgePoison, poisonClaims, poisonTable, type PoisonOutcome } from './judge-poison.js';
import { ofOtherUsers, poisonPlan, type PoisonPlan } from './plan.js';
import { poisonPicture } from './poison-picture.js';

const FULL = { seconds: 75, poisonAfterS: 10, untilDead: true };
const SMALL = { seconds: 8, poisonAfterS: 2, untilDead: false };
const RECORDS_PER_S = 100;
const TICK_MS = 25;
const EFFECT = { effectMs: 2, jitterMs: 0 };
const WAYS_COMPARED = ['stock', 'skip', 'retry topic', 'lanes'] as const satisfies Way[];
/** The other users have their effects long before; this bounds a busy machine. */
const DONE_WITHIN_MS = 60_000;
const POLL_MS = 500;

export const poison: Lab = {
  name: 'poison',
  claim:
    'One record that always fails stops its partition of the stock transport and delays the others; ' +
    'skipping loses it, a retry topic reorders its user, and lanes do none of the three.',
  failureWindow: 'from the first attempt of the bad record until it is dead-lettered',
  doesNotShow: [
    'Many bad records at once: lanes have an in-flight limit, and at the limit a partition waits.',
    'A record that kills its process (the project has a test for that).',
    'A retry topic that blocks the key until the retry is done: then it does not reorder.',
    'The highest rate: all four get the same moderate load.',
  ],
  minutes: 3,
  servers: ['kafka'],
  run,
};

async function run(context: LabContext): Promise<LabResult> {
  const size = context.isSmall ? SMALL : FULL;
  const plan = poisonPlan(context.random, {
    count: size.seconds * RECORDS_PER_S,
    from: size.poisonAfterS * RECORDS_PER_S,
  });
  const consumers: LabConsumer[] = [];
  try {
    for (const way of WAYS_COMPARED) {
      consumers.push(await LabConsumer.prepare(context, `poison ${way}`, { way, ...EFFECT }));
    }
    await Promise.all(consumers.map((consumer) => consumer.start()));
    // Not earlier: a broker refuses to answer for a topic that was just created.
    const deadBefore = await endOfTopic(context.brokers, deadLetterTopic('search'));
    const offered = await offer(context, plan, consumers);
    await untilDeadLettered(context, consumers, deadBefore, size.untilDead);
    await untilDone(context, plan, consumers);
    // It stands still, and would still hold records when it closes.
    await consumers[0]?.kill();
    await Promise.all(consumers.map((consumer) => consumer.leave()));
    const outcomes = await Promise.all(
      consumers.map(async (consumer, index): Promise<PoisonOutcome> => {
        const way = WAYS_COMPARED[index]!;
        return judgePoison(plan, {
          way,
          effects: consumer.effects(),
          deadLettered: await deadLettersOf(context.brokers, consumer, { way, deadBefore }),
          ...offered,
          seconds: size.seconds,
          isPoisonDone: size.untilDead,
        });
      }),
    );
    const poisonAtS = (offered.poisonAtMs - offered.startedAtMs) / 1_000;
    return resultOf(outcomes, plan, { poisonAtS, withTimes: !context.isSmall });
  } finally {
    await Promise.all(consumers.map((consumer) => consumer.kill()));
  }
}

function resultOf(
  outcomes: PoisonOutcome[],
  plan: PoisonPlan,
  { poisonAtS, withTimes }: { poisonAtS: number; withTimes: boolean },
): LabResult {
  return {
    table: poisonTable(outcomes),
    figures: Object.fromEntries(
      outcomes.flatMap(({ way, ...figures }) => [
        [`${way}: lost`, figures.lost],
        [`${way}: reordered`, figures.reordered],
        [`${way}: dead-lettered`, figures.deadLettered],
        [`${way}: flaky record overtaken by`, figures.flakyOvertakenBy],
        [`${way}: done behind the poison`, figures.behindDone],
        [`${way}: share of other users' records done in time`, figures.othersShare],
      ]),
    ),
    claims: poisonClaims(outcomes, { withTimes }),
    picture: poisonPicture(outcomes, { poison: plan.poison, poisonAtS }),
  };
}

/** Sends each record of the plan to every consumer's topic when it is due: an open loop. */
async function offer(
  { brokers, signal, print }: LabContext,
  { records, poison: bad }: PoisonPlan,
  consumers: readonly LabConsumer[],
): Promise<{ startedAtMs: number; poisonAtMs: number }> {
  const producers = await Promise.all(consumers.map(() => connectedProducer(brokers)));
  const startedAtMs = Date.now();
  const sendings: Promise<void>[] = [];
  let [next, poisonAtMs] = [0, NaN];
  try {
    while (next < records.length) {
      const due = Math.min(
        records.length,
        Math.floor(((Date.now() - startedAtMs) * RECORDS_PER_S) / 1_000),
      );
      const part = records.slice(next, due).map((record) => ({ ...record, at: Date.now() }));
      if (next <= bad.n && bad.n < due) {
        poisonAtMs = Date.now();
        print(`  the bad record is sent after ${Math.round((poisonAtMs - startedAtMs) / 1_000)} s`);
      }
      next = due;
      const messages = part.map((record) => ({ key: record.user, value: record }));
      for (const [index, { topic }] of consumers.entries()) {
        sendings.push(sendAllTo(producers[index]!, topic, messages));
      }
      await sleep(TICK_MS, undefined, { signal });
    }
    await Promise.all(sendings);
  } finally {
    await Promise.allSettled(sendings);
    await Promise.all(producers.map((producer) => producer.disconnect()));
  }
  return { startedAtMs, poisonAtMs };
}

/** A retry topic needs 5 s to its dead letter, lanes 40 s: too long for the small version. */
async function untilDeadLettered(
  { brokers }: LabContext,
  consumers: readonly LabConsumer[],
  deadBefore: number,
  withLanes: boolean,
): Promise<void> {
  const ways = withLanes ? (['retry topic', 'lanes'] as const) : (['retry topic'] as const);
  for (const way of ways) {
    const consumer = consumers.find(({ settings }) => settings.way === way)!;
    const isDone = async () => {
      consumer.assertRuns();
      return (await deadLettersOf(brokers, consumer, { way, deadBefore })) > 0;
    };
    await pollUntil(isDone, {
      everyMs: POLL_MS,
      timeoutMs: DONE_WITHIN_MS,
      timeoutMessage: () => `${way}: the bad record is not dead-lettered`,
    });
  }
}

/** Waits for what every way but stock must get done. Stock never gets there. */
async function untilDone(
  { isSmall }: LabContext,
  plan: PoisonPlan,
  consumers: readonly LabConsumer[],
): Promise<void> {
  let missing = 0;
  const isDone = async () => {
    const lacks = consumers.slice(1).map((consumer) => {
      consumer.assertRuns();
      const wanted = wantedOf(plan, consumer.settings.way, isSmall);
      for (const { n } of consumer.effects()) wanted.delete(n);
      return wanted.size;
    });
    missing = Math.max(...lacks);
    return missing === 0;
  };
  await pollUntil(isDone, {
    everyMs: POLL_MS,
    timeoutMs: DONE_WITHIN_MS,
    timeoutMessage: () => `${missing} records have no effect`,
  });
}

function wantedOf(plan: PoisonPlan, way: Way, isSmall: boolean): Set<number> {
  // In the small version the lane of the bad record's user is still parked.
  if (way === 'lanes' && isSmall) return ofOtherUsers(plan);
  const wanted = new Set(plan.records.map(({ n }) => n));
  wanted.delete(plan.poison.n);
  if (way === 'skip') wanted.delete(plan.flaky.n);
  return wanted;
}

async function deadLettersOf(
  brokers: string[],
  { topic }: LabConsumer,
  { way, deadBefore }: { way: Way; deadBefore: number },
): Promise<number> {
  if (way === 'lanes') return (await endOfTopic(brokers, deadLetterTopic('search'))) - deadBefore;
  return way === 'retry topic' ? await endOfTopic(brokers, deadTopicOf(topic)) : 0;
}
