import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../../../bench/statistics/spread.js';
import type { Lab, LabContext, LabResult } from '../../lab.js';
import { Customers } from '../deploy/customers.js';
import { contractSchema, expandSchema } from '../deploy/expand-migration.js';
import { Fleet, SERVICES, type Deploy } from '../deploy/fleet.js';
import { RunRecords } from '../deploy/run-records.js';
import {
  judgeDeploys,
  longestGapMs,
  rolloutClaims,
  type DeployOutcome,
  type Rollout,
} from './judge-rollout.js';
import { drawnPlan, type RolloutPlan } from './plan.js';
import { rolloutPicture } from './rollout-picture.js';

export const rollout: Lab = {
  name: 'rollout',
  claim:
    'Each service is deployed and rolled back under load, with a migration between, and nothing is ' +
    'lost, doubled or dead-lettered; no deploy stops its service for a session (10 s), as a kill does.',
  failureWindow:
    'the rebalance, and the schema and the events of both releases between expand and contract',
  doesNotShow: [
    'Code of an older commit: N-1 is this build without version 2 of the event (one-version-only.ts).',
    'A migration that rewrites or locks a large table: the table of the lab is small.',
    'Several instances of a service, or several machines: one instance is replaced by one.',
    'A start of `npm start` with N-1 after the migration: it refuses a schema that it does not know.',
  ],
  minutes: 5,
  servers: ['kafka', 'postgres', 'redis', 'elasticsearch', 'connect', 'third-parties', 'console'],
  run: async (context) => await measureRollout(context, drawnPlan(context)),
};

async function measureRollout(context: LabContext, plan: RolloutPlan): Promise<LabResult> {
  const records = new RunRecords(context);
  try {
    const fleet = await Fleet.start(context, plan.startsAs);
    try {
      return resultOf(await rollForthAndBack(context, plan, { fleet, records }));
    } finally {
      await fleet.stop();
      if (!context.signal.aborted) await contractSchema(context.environment);
    }
  } finally {
    await records.close();
  }
}

interface Parts {
  fleet: Fleet;
  records: RunRecords;
}

async function rollForthAndBack(
  context: LabContext,
  plan: RolloutPlan,
  { fleet, records }: Parts,
): Promise<Rollout> {
  const { environment, print, signal } = context;
  const rest = async () => await sleep(plan.restMs, undefined, { signal });
  const lettersBefore = await records.deadLetters();
  const customers = await Customers.arrive(context, plan.perSecond);
  try {
    // The first receipts open connections and compile code.
    await sleep(plan.calmMs, undefined, { signal });
    const calmFromMs = Date.now();
    await sleep(plan.calmMs, undefined, { signal });
    const calm = { fromMs: calmFromMs, toMs: Date.now() };
    const deploys: Deploy[] = [];
    const deploy = async (...next: Parameters<Fleet['deploy']>) => {
      const done = await fleet.deploy(...next);
      deploys.push(done);
      print(`  ${done.service} → ${done.to}: ${seconds(done.endedAtMs - done.startedAtMs)}`);
      await rest();
    };

    const migratedInMs = await expandSchema(environment);
    const expandedAtMs = Date.now();
    print(`  schema expanded: ${seconds(migratedInMs)}`);
    await rest();
    // Readers first: from here on every reader knows both versions.
    for (const consumer of plan.order) await deploy(consumer, 'N');
    const oldCodeOnNewSchema = { fromMs: expandedAtMs, toMs: Date.now() };
    await deploy('payments', 'N');

    // The writer goes back first, and its events must be read before a reader goes back.
    await deploy('payments', 'N-1');
    await records.untilIsRead(2);
    for (const consumer of [...plan.order].reverse()) await deploy(consumer, 'N-1');

    const kill = plan.kills && (await fleet.replaceByKill(plan.kills, 'N-1'));
    if (kill) await rest();
    const endedAtMs = Date.now();
    const checkouts = await customers.leave();
    const verdict = await records.verdict(fleet);
    return {
      judgesTimes: !context.isSmall,
      calm,
      deploys,
      kill,
      oldCodeOnNewSchema,
      endedAtMs,
      times: await records.times(),
      published: await records.published(),
      checkouts,
      deadLetters: (await records.deadLetters()) - lettersBefore,
      neededKill: fleet.neededKill,
      verdict,
    };
  } finally {
    await customers.giveUp();
  }
}

function resultOf(run: Rollout): LabResult {
  const outcomes = judgeDeploys(run);
  const took = run.checkouts.map(({ tookMs }) => tookMs);
  const again = run.checkouts.filter(({ requests }) => requests > 1).length;
  return {
    table: {
      head: [
        'deploy',
        'new one ready after',
        'old one ended after',
        'its longest standstill',
        'without a deploy',
        'its effects behind at most',
        'another stood still',
      ],
      rows: outcomes.map((one) => rowOf(one, run)),
    },
    figures: {
      payments: run.checkouts.length,
      'checkouts that were sent again': again,
      'longest checkout, ms': Math.max(...took),
      'checkouts, p99 in ms': percentile(took, 0.99),
      'events of version 2': run.published.filter(({ version }) => version === 2).length,
    },
    claims: rolloutClaims(run, outcomes),
    picture: rolloutPicture(run, outcomes),
  };
}

function rowOf(outcome: DeployOutcome, run: Rollout): string[] {
  const { service, to, startedAtMs, endedAtMs, readyAtMs, standstillMs, behindMax } = outcome;
  const isKill = endedAtMs < readyAtMs;
  const [other = service] = SERVICES.filter((name) => name !== service).sort(
    (one, two) => standstillMs[two] - standstillMs[one],
  );
  return [
    isKill ? `${service}: kill -9, then ${to}` : `${service} → ${to}`,
    seconds(readyAtMs - startedAtMs),
    isKill ? 'at once' : seconds(endedAtMs - readyAtMs),
    seconds(standstillMs[service]),
    seconds(longestGapMs(run.times[service], run.calm)),
    service === 'payments' ? '' : `${behindMax} payments`,
    `${other}, ${seconds(standstillMs[other])}`,
  ];
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
