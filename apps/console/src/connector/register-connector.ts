import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { pollUntil } from '@effectively-once/timing';
import { CONNECTOR, ConnectApi, NotYet, type ConnectorStatus } from './connect-api.js';

// From src and from dist alike; the image keeps the file at the same place.
const CONFIG_FILE = new URL('../../../../infra/connect/connector.json', import.meta.url);

const RUNNING_WITHIN_MS = 60_000;
const POLL_MS = 200;

/** PostgreSQL as the Connect worker reaches it. */
export interface ConnectorSource {
  postgresHost: string;
  postgresPort: number;
  debeziumPassword: string;
}

/**
 * Creates the outbox connector, or brings its configuration up to date, and waits until its task runs.
 * Safe to repeat.
 * @throws Error with the task's own trace when it failed.
 */
export async function registerConnector(
  options: ConnectorSource & { connectUrl: string },
): Promise<void> {
  const connect = new ConnectApi(options.connectUrl);
  const config = await readConnectorConfig(options);
  await patiently(() => connect.configure(config));
  // A failed task stays failed, also under a new configuration, until somebody restarts it.
  await patiently(() => connect.restart('failed'));
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
  // Names without a value here stay: ${routedByValue} is Debezium's own.
  const fill = (text: string) =>
    text.replace(/\$\{(\w+)\}/g, (all, name: string) => values[name] ?? all);
  return Object.fromEntries(Object.entries(template).map(([key, text]) => [key, fill(text)]));
}

/** @throws Error with the task's own trace when it failed, or saying what it does instead of running. */
export async function untilRunning(connect: ConnectApi): Promise<void> {
  let states = '';
  const isRunning = async () => {
    const parts = partsOf(await patiently(() => connect.status()));
    const failed = parts.find(({ state }) => state === 'FAILED');
    if (failed) throw new Error(`connector ${CONNECTOR} failed:\n${failed.trace ?? 'no trace'}`);
    states = parts.map(({ state }) => state).join(', ') || 'unknown';
    return parts.length > 1 && parts.every(({ state }) => state === 'RUNNING');
  };
  await pollUntil(isRunning, {
    everyMs: POLL_MS,
    timeoutMs: RUNNING_WITHIN_MS,
    timeoutMessage: () => `connector ${CONNECTOR} is not running after 60 s, but ${states}`,
  });
}

// Missing: Connect has not yet written the status of a connector it just accepted.
const partsOf = (status: ConnectorStatus | 'missing') =>
  status === 'missing' ? [] : [status.connector, ...status.tasks];

/** Asks again while Connect says "not yet". */
export async function patiently<Result>(ask: () => Promise<Result>): Promise<Result> {
  const deadline = Date.now() + RUNNING_WITHIN_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof NotYet) || Date.now() > deadline) throw error;
      await delay(POLL_MS);
    }
  }
}
