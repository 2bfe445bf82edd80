import type { Lab, LabContext, LabResult } from '../lab.js';
import { settleAll } from '../process/settle-all.js';
import { markdownTable } from '../run/report.js';
import { ConnectComparison } from './connect/measure-connect.js';
import { runCounting } from './counting/run-counting.js';
import {
  publishedClaimsTable,
  transactionsClaims,
  transactionsFigures,
  transactionsTable,
  type TransactionsMeasured,
} from './judge-transactions.js';
import { measureProducers, type ProducerLoad } from './producers/measure-producers.js';
import { transactionsPicture } from './transactions-picture.js';
import { watchOpenTransactions, type TransactionEnd } from './visibility/open-transaction.js';

interface Size {
  /** Planned ends of the counting processes. */
  ends: number;
  openMs: number;
  openTransactions: readonly TransactionEnd[];
  producers: ProducerLoad;
  connect: { events: number; warmUp: number; kills: number };
}

const FULL: Size = {
  ends: 8,
  openMs: 2_000,
  openTransactions: ['commit', 'abort', 'abandoned'],
  producers: {
    rounds: 2,
    records: 80_000,
    warmUp: 20_000,
    pacedRounds: 2,
    paced: 2_500,
    pacedPerSecond: 500,
  },
  connect: { events: 4_000, warmUp: 500, kills: 2 },
};
const SMALL: Size = {
  ends: 1,
  openMs: 500,
  openTransactions: ['commit', 'abort'],
  producers: {
    rounds: 1,
    records: 2_000,
    warmUp: 500,
    pacedRounds: 1,
    paced: 500,
    pacedPerSecond: 500,
    modes: ['idempotent', 'commit every 100 ms'],
  },
  connect: { events: 0, warmUp: 0, kills: 0 },
};

export const transactions: Lab = {
  name: 'transactions',
  claim:
    'A job from topic to topic counts each record once under kill -9 if its outputs and its offset ' +
    'are in one Kafka transaction; a row outside Kafka doubles all the same.',
  failureWindow:
    'from the first record of a transaction until its commit: an open transaction holds the last ' +
    'stable offset',
  doesNotShow: [
    'Once for each payment: a payment that was published twice is two records, and counts twice.',
    'Several brokers: there is one, so nothing is replicated and no coordinator moves.',
    'The fence of the consumer group (KIP-447), which kafkajs does not send, and Kafka Streams.',
    'Your cost: records of 500 bytes, one producer, and two cores that it shares with the broker.',
  ],
  minutes: 5,
  servers: ['kafka', 'postgres'],
  run,
};

async function run(context: LabContext): Promise<LabResult> {
  const size = context.isSmall ? SMALL : FULL;
  const measured = context.isSmall ? await sideBySide(context, size) : await inTurn(context, size);
  if (!context.isSmall) {
    context.print(`\n${markdownTable(publishedClaimsTable(measured.producers))}\n`);
  }
  return {
    table: transactionsTable(measured),
    figures: transactionsFigures(measured),
    claims: transactionsClaims(measured),
    picture: transactionsPicture(measured),
  };
}

/** The short version measures no cost, so nothing disturbs it. */
async function sideBySide(context: LabContext, size: Size): Promise<TransactionsMeasured> {
  const { openMs, openTransactions: ends } = size;
  const producing = measureProducers(context, size.producers);
  const watching = watchOpenTransactions(context, { openMs, ends });
  const counted = runCounting(context, size.ends);
  await settleAll<unknown>([producing, watching, counted]);
  return {
    producers: await producing,
    visibility: await watching,
    counting: await counted,
    connect: [],
    openMs,
  };
}

/** What costs are measured of has the machine alone. The kills come afterwards, side by side. */
async function inTurn(context: LabContext, size: Size): Promise<TransactionsMeasured> {
  const { openMs, openTransactions: ends, connect: load } = size;
  const producers = await measureProducers(context, size.producers);
  const connect = await ConnectComparison.start(context);
  try {
    await connect.drain(load);
    const surviving = connect.survive(load.kills);
    const watching = watchOpenTransactions(context, { openMs, ends });
    const counted = runCounting(context, size.ends);
    await settleAll<unknown>([surviving, watching, counted]);
    return {
      producers,
      visibility: await watching,
      counting: await counted,
      connect: await surviving,
      openMs,
    };
  } finally {
    await connect.stop();
  }
}
