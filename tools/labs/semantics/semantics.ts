import { join } from 'node:path';
import { Client } from 'pg';
import { fillTopic } from '../../bench/delivery/produce.js';
import type { Lab, LabContext, LabResult, LabTable } from '../lab.js';
import { LabProcess } from '../process/lab-process.js';
import { settleAll } from '../process/settle-all.js';
import { untilCommitted } from '../process/until-committed.js';
import { measureProduct } from './product/measure-product.js';
import { plannedProductKills } from './product/product-kills.js';
import { semanticsPicture } from './semantics-picture.js';
import {
  countOutcomes,
  plannedKills,
  semanticsClaims,
  STRATEGIES,
  type SemanticsSettings,
  type Strategy,
  type StrategyResult,
} from './strategies.js';

const FULL = { payments: 1_000, kills: 20 };
const SMALL = { payments: 60, kills: 1 };
const PARTITIONS = 6;
const USERS = 50;
/** A start of Node, the session of the dead member (6 s), and a busy machine. */
const REACHED_WITHIN_MS = 90_000;

const SCHEMA = `
  DROP SCHEMA IF EXISTS lab_semantics CASCADE;
  CREATE SCHEMA lab_semantics;
  CREATE TABLE lab_semantics.ledger (strategy text NOT NULL, n int NOT NULL);
  CREATE TABLE lab_semantics.inbox (strategy text, n int, PRIMARY KEY (strategy, n));
  CREATE TABLE lab_semantics.absorbed (strategy text NOT NULL, n int NOT NULL);`;

export const semantics: Lab = {
  name: 'semantics',
  claim:
    'Commit first loses a payment for each kill in its window; effect first doubles one; ' +
    'an inbox row in the transaction of the effect does neither. Of our three consumers none loses, ' +
    'only email doubles, and each doubled receipt has evidence.',
  failureWindow: 'between the effect and the commit of the offset, in either order',
  doesNotShow: [
    'Kills outside the window: they do no harm in any of them, so real damage is rarer.',
    'A group that commits once for many records: then one kill loses or doubles several.',
    'Which step of a receipt a kill hits: the lab mail-window measures that.',
    'A broker or a database that loses what it acknowledged.',
  ],
  minutes: 5,
  servers: ['kafka', 'postgres', 'redis', 'elasticsearch'],
  run,
};

async function run(context: LabContext): Promise<LabResult> {
  const size = context.isSmall ? SMALL : FULL;
  await withClient(context.postgresUrl, (client) => client.query(SCHEMA));
  // Drawn before anything runs side by side, so that a seed always means the same kills.
  const plans = STRATEGIES.map((strategy) => ({
    strategy,
    killAt: plannedKills(context.random, size),
  }));
  const productKills = plannedProductKills(context.random, size.kills);
  const product = measureProduct(context, size.payments, productKills);
  await settleAll<unknown>([
    ...plans.map((plan) => runStrategy(context, size.payments, plan)),
    product,
  ]);
  const results = [...(await resultsInDatabase(context, size)), ...(await product)];
  return {
    table: tableOf(results, size.payments),
    figures: Object.fromEntries(
      results.flatMap(({ strategy, lost, doubled, absorbed }) => [
        [`${strategy}: lost`, lost] as const,
        [`${strategy}: doubled`, doubled] as const,
        ...(absorbed === undefined ? [] : [[`${strategy}: absorbed`, absorbed] as const]),
      ]),
    ),
    claims: semanticsClaims(results),
    picture: semanticsPicture(results, size.payments),
  };
}

const tableOf = (results: readonly StrategyResult[], payments: number): LabTable => ({
  head: [
    'strategy',
    'payments',
    'kills',
    'once',
    'lost',
    'doubled',
    'doubled without evidence',
    'absorbed by the inbox',
  ],
  rows: results.map((one) => [
    one.strategy,
    ...[payments, one.kills, one.once, one.lost, one.doubled].map(String),
    String(one.doubledWithoutEvidence),
    String(one.absorbed ?? ''),
  ]),
});

async function resultsInDatabase(
  { postgresUrl }: LabContext,
  size: { payments: number; kills: number },
): Promise<StrategyResult[]> {
  return await withClient(postgresUrl, async (client) => {
    const each: StrategyResult[] = [];
    for (const strategy of STRATEGIES) each.push(await resultOf(client, strategy, size));
    return each;
  });
}

/** Kills a member at each planned payment, and lets the last one finish. */
async function runStrategy(
  { brokers, postgresUrl, folder, signal, print }: LabContext,
  payments: number,
  { strategy, killAt }: Pick<SemanticsSettings, 'strategy' | 'killAt'>,
): Promise<void> {
  const name = strategy.replaceAll(/\W+/g, '-');
  const topic = `lab.semantics.${name}.${crypto.randomUUID()}`;
  await fillTopic({ brokers, topic }, PARTITIONS, somePayments(payments));
  const start = (left: SemanticsSettings['killAt']) =>
    new LabProcess(
      'labs/semantics/handler',
      { strategy, brokers, topic, groupId: topic, databaseUrl: postgresUrl, killAt: left },
      { logFile: join(folder, `${name}.log`), signal },
    );
  let left = killAt;
  while (left.length > 0) {
    const member = start(left);
    try {
      const reached = await member.next('in the window', REACHED_WITHIN_MS);
      left = left.filter(({ n }) => n !== reached.n);
    } finally {
      await member.kill();
    }
    print(`  ${strategy}: kill ${killAt.length - left.length} of ${killAt.length}`);
  }
  const last = start([]);
  try {
    await untilCommitted({ brokers, topic }, topic, { count: payments, member: last });
  } finally {
    // It finishes the effect of its last record.
    await last.leave();
  }
}

const somePayments = (count: number) =>
  Array.from({ length: count }, (_, n) => {
    const userId = `user-${n % USERS}`;
    return { key: userId, value: { n, userId } };
  });

async function resultOf(
  client: Client,
  strategy: Strategy,
  { payments, kills }: { payments: number; kills: number },
): Promise<StrategyResult> {
  const { rows } = await client.query<{ n: number; effects: number }>(
    'SELECT n, count(*)::int AS effects FROM lab_semantics.ledger WHERE strategy = $1 GROUP BY n',
    [strategy],
  );
  const outcomes = countOutcomes(payments, rows);
  const absorbed = await client.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM lab_semantics.absorbed WHERE strategy = $1',
    [strategy],
  );
  return {
    strategy,
    kills,
    ...outcomes,
    // Nothing remembers what it did twice.
    doubledWithoutEvidence: outcomes.doubled,
    absorbed: absorbed.rows[0]?.count ?? NaN,
  };
}

async function withClient<Result>(
  connectionString: string,
  use: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
