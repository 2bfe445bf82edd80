import { ConnectApi } from '@effectively-once/console/connector/connect-api';
import { conditionOf } from '@effectively-once/console/connector/condition';
import { observe } from '@effectively-once/console/connector/observe';
import { waitUntil } from '@effectively-once/testing';
import type { PipelineAddresses } from '../tools/faults/break-pipeline.js';
import { metric } from './fault-injection.js';
import { sql } from './damage.js';
import { isFinal } from './payments-process.js';
import { at, checkout, newId, type Answer, consoleUrl } from './system-under-test.js';

/**
 * The connector as the operator sees it, and clients that repeat their key until the answer is
 * final.
 */

export const stack: PipelineAddresses & { CONNECT_URL: string } = {
  superuserUrl: at.POSTGRES_SUPERUSER_URL,
  connectUrl: String(at['CONNECT_URL']),
  consoleUrl,
  CONNECT_URL: String(at['CONNECT_URL']),
};

// Connect takes half a minute to start on a busy machine.
const HEALTHY_WITHIN_MS = 120_000;

/** A metric as the console exports it to Prometheus. NaN while the console does not answer. */
export const consoleMetric = (name: string, labels?: Record<string, string>) =>
  metric(consoleUrl, name, labels).catch(() => NaN);

/**
 * Asks Connect and PostgreSQL too: the console's metric may be a second old, from before the fault.
 */
export async function untilHealthy(): Promise<void> {
  const connect = new ConnectApi(stack.connectUrl);
  const isHealthy = async () => {
    const observation = await observe((text, values) => sql('payments', text, values), connect);
    return (
      conditionOf(observation) === 'healthy' && (await consoleMetric('cdc_connector_up')) === 1
    );
  };
  await waitUntil('a healthy connector', isHealthy, HEALTHY_WITHIN_MS);
}

/** Clients pay at this rate while `during` runs, and repeat their key until the answer is final. */
export async function whileClientsPay<Result>(
  perSecond: number,
  during: () => Promise<Result>,
): Promise<Result> {
  const paying: Promise<Answer>[] = [];
  const timer = setInterval(() => paying.push(pay()), 1_000 / perSecond);
  try {
    return await during();
  } finally {
    clearInterval(timer);
    const answers = await Promise.all(paying);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  }
}

async function pay(): Promise<Answer> {
  const request = { userId: newId('user'), key: newId('key'), body: { orderId: newId('order') } };
  return await waitUntil('a final answer', async () => {
    const answer = await checkout(request);
    return isFinal(answer) ? answer : undefined;
  });
}

/** Waits until the slot has passed everything that is in the log now. */
export async function untilLogPassed(what: string, withinMs: number): Promise<void> {
  const [written] = await sql<{ lsn: string }>('payments', 'SELECT pg_current_wal_lsn() AS lsn');
  const passed = async () => {
    const [slot] = await sql<{ passed: boolean }>(
      'payments',
      `SELECT confirmed_flush_lsn >= $1::pg_lsn AS passed FROM pg_replication_slots
        WHERE slot_name = 'payments_outbox'`,
      [written?.lsn],
    );
    return slot?.passed === true;
  };
  await waitUntil(`the connector to pass ${what}`, passed, withinMs);
}
