import { jest } from '@jest/globals';
import { CONNECTOR, ConnectApi } from '@effectively-once/console/connector/connect-api';
import { PAYMENT_COMPLETED } from '@effectively-once/contracts';
import { endOffsets } from '@effectively-once/kafka';
import { waitUntil } from '@effectively-once/testing';
import { Kafka, logLevel } from 'kafkajs';
import {
  terminateWalSender,
  deleteConnector,
  dropSlot,
  untilRegistered,
} from '../tools/faults/break-pipeline.js';
import { deadLetters, untilDrained, pidOf } from './fault-injection.js';
import { sql } from './damage.js';
import { consoleMetric, stack, untilHealthy, whileClientsPay } from './connector.js';
import { at, findings } from './system-under-test.js';

// Debezium waits 10 s before it retries, and a server needs some time to start.
jest.setTimeout(300_000);

const PER_SECOND = 10;
const BEFORE_IT_BREAKS = 20;
const BACK_WITHIN_MS = 120_000;

const killed = (name: string) => async () => {
  const pid = pidOf(name);
  process.kill(pid, 'SIGKILL');
  await waitUntil(`the restarted ${name}`, () => pidOf(name) !== pid);
  // Wait for both servers; the connector may need longer.
  const answer = async () => (await records()) + (await outboxRows()) > 0;
  await waitUntil('the servers to answer again', answer, BACK_WITHIN_MS);
};

function connectLoses(...topics: string[]) {
  return async () => {
    // Before the supervisor starts it again, which takes Connect seconds.
    const restarted = killed('connect')();
    const admin = new Kafka({ brokers: at.KAFKA_BROKERS, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.deleteTopics({ topics });
    await admin.disconnect();
    await restarted;
  };
}

const BREAKS: Record<string, () => Promise<void>> = {
  'Connect is killed in mid-stream': killed('connect'),
  'PostgreSQL is restarted': killed('postgres'),
  'the broker is restarted': killed('kafka'),
  'the connector is deleted': async () => {
    await deleteConnector(stack);
    await untilRegistered(stack);
  },
  'the slot is dropped': () => dropSlot(stack),
  'Connect loses its topic of offsets': connectLoses('connect-offsets'),
  'Connect loses all of its topics': connectLoses(
    'connect-offsets',
    'connect-configs',
    'connect-status',
  ),
};
/** Without its slot or its offset, a snapshot publishes all retained rows again. */
const PUBLISHES_AGAIN = Object.keys(BREAKS).filter((what) => /slot|loses/.test(what));

beforeAll(untilHealthy);

it.each(Object.keys(BREAKS))(
  '%s under load: it recovers without help, and each effect is applied once',
  async (what) => {
    const before = {
      letters: await deadLetters(),
      rows: await outboxRows(),
      republished: await republished(),
    };
    const republishedMin = PUBLISHES_AGAIN.includes(what) ? before.rows : 0;
    const isRepublished = async () => (await republished()) - before.republished >= republishedMin;
    await whileClientsPay(PER_SECOND, async () => {
      await waitUntil(
        'payments',
        async () => (await outboxRows()) >= before.rows + BEFORE_IT_BREAKS,
      );
      await BREAKS[what]?.();
      await untilHealthy();
    });
    await waitUntil('every payment, and the snapshot, to be published', isRepublished);
    await untilDrained();
    await expect(findings()).resolves.toEqual([]);
    await expect(deadLetters()).resolves.toBe(before.letters);
  },
);

it('the console restarts a task that failed', async () => {
  const restarts = () =>
    consoleMetric('cdc_connector_restarts_total', { remedy: 'restart_failed' });
  const before = (await restarts()) || 0;
  const connector = new ConnectApi(stack.connectUrl);
  const config = await configOf(stack.connectUrl);
  // With its normal configuration Debezium retries for ever, and its task hardly ever fails.
  await connector.configure({ ...config, 'errors.max.retries': '0' });
  try {
    await whileClientsPay(PER_SECOND, async () => {
      await waitUntil('a restart', async () => {
        await terminateWalSender(stack);
        return (await restarts()) > before;
      });
      await untilHealthy();
    });
  } finally {
    await connector.configure(config);
  }
  await untilHealthy();
  await expect(findings()).resolves.toEqual([]);
});

async function configOf(connectUrl: string): Promise<Record<string, string>> {
  const response = await fetch(`${connectUrl}/connectors/${CONNECTOR}/config`);
  return (await response.json()) as Record<string, string>;
}

/** How many records of the topic are repetitions of an outbox row. */
const republished = async () => (await records()) - (await outboxRows());

/** How many records were ever written to the topic. */
async function records(): Promise<number> {
  const connection = { brokers: at.KAFKA_BROKERS, clientId: 'e2e' };
  const ends = await endOffsets({ ...connection, topics: [PAYMENT_COMPLETED] });
  const partitions = [...(ends.get(PAYMENT_COMPLETED)?.values() ?? [])];
  return partitions.reduce((sum, end) => sum + Number(end), 0);
}

async function outboxRows(): Promise<number> {
  const [row] = await sql<{ n: number }>(
    'payments',
    'SELECT count(*)::int AS n FROM payments.outbox',
  );
  return row?.n ?? 0;
}
