import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { pollUntil } from '@effectively-once/timing';
import { CONNECTOR, ConnectApi, ConnectNotReady, type ConnectorStatus } from './connect-api.js';

// The same relative path from src and from dist. The image has the file in the same place.
const CONFIG_FILE = new URL('../../../../infra/connect/connector.json', import.meta.url);

// On a machine where everything starts at once, Connect takes longer than usual for each answer.
const RUNNING_WITHIN_MS = 120_000;
const POLL_MS = 200;

/** PostgreSQL as the Connect worker reaches it. */
export interface ConnectorSource {
  postgresHost: string;
  postgresPort: number;
  debeziumPassword: string;
}

/**
 * Creates the outbox connector, or updates its configuration, and waits until its task runs. Safe
 * to repeat.
 * @throws Error with the trace of the task if it failed.
 */
export async function registerConnector(
  options: ConnectorSource & { connectUrl: string },
): Promise<void> {
  const connect = new ConnectApi(options.connectUrl);
  const config = await readConnectorConfig(options);
  await retryUntilReady(() => connect.configure(config));
  // A failed task stays failed until a restart, also with a new configuration.
  await retryUntilReady(() => connect.restart('failed'));
  await untilRunning(connect);
}

export async function readConnectorConfig(
  source: ConnectorSource,
): Promise<Record<string, string>> {
  const values: Record<string, string> = {
    POSTGRES_HOST: source.postgresHost,
    POSTGRES_PORT: String(source.postgresPort),
    DEBEZIUM_PASSWORD: source.debeziumPassword,
  };
  const template = JSON.parse(await readFile(CONFIG_FILE, 'utf8')) as Record<string, string>;
  // Keep names without a value: Debezium resolves ${routedByValue}.
  const fill = (text: string) =>
    text.replace(/\$\{(\w+)\}/g, (all, name: string) => values[name] ?? all);
  return Object.fromEntries(Object.entries(template).map(([key, text]) => [key, fill(text)]));
}

/** @throws Error with the trace of the task if it failed, or with its state after the timeout. */
export async function untilRunning(connect: ConnectApi): Promise<void> {
  let states = '';
  const isRunning = async () => {
    const parts = partsOf(await retryUntilReady(() => connect.status()));
    const failed = parts.find(({ state }) => state === 'FAILED');
    if (failed) throw new Error(`connector ${CONNECTOR} failed:\n${failed.trace ?? 'no trace'}`);
    states = parts.map(({ state }) => state).join(', ') || 'unknown';
    return parts.length > 1 && parts.every(({ state }) => state === 'RUNNING');
  };
  await pollUntil(isRunning, {
    everyMs: POLL_MS,
    timeoutMs: RUNNING_WITHIN_MS,
    timeoutMessage: () =>
      `connector ${CONNECTOR} is not running after ${RUNNING_WITHIN_MS / 1_000} s, but ${states}`,
  });
}

// 'missing': Connect has accepted the connector, but has not stored its status yet.
const partsOf = (status: ConnectorStatus | 'missing') =>
  status === 'missing' ? [] : [status.connector, ...status.tasks];

/** Retries while Connect is not ready, or does not answer. Each request is safe to repeat. */
export async function retryUntilReady<Result>(ask: () => Promise<Result>): Promise<Result> {
  const deadline = Date.now() + RUNNING_WITHIN_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isPassing(error) || Date.now() > deadline) throw error;
      await delay(POLL_MS);
    }
  }
}

// Without a connection fetch throws a TypeError, without an answer a TimeoutError.
const isPassing = (error: unknown) =>
  error instanceof ConnectNotReady ||
  ['TypeError', 'TimeoutError'].includes((error as { name?: string }).name ?? '');
