import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { repositoryRoot } from '../repository-root.js';

export const CONNECTOR = 'payments-outbox';
const CONFIG_FILE = join(repositoryRoot, 'infra', 'connect', 'connector.json');

const RUNNING_WITHIN_MS = 60_000;
const POLL_MS = 200;
const REQUEST_TIMEOUT_MS = 10_000;

export interface ConnectorOptions {
  connectUrl: string;
  /** PostgreSQL as the Connect worker reaches it. */
  postgresHost: string;
  postgresPort: number;
  debeziumPassword: string;
}

/**
 * Creates the outbox connector, or brings its configuration up to date, and waits until its task runs.
 * Safe to repeat.
 * @throws Error with the task's own trace when it failed.
 */
export async function registerConnector(options: ConnectorOptions): Promise<void> {
  const config = await readConnectorConfig(options);
  await request(`${options.connectUrl}/connectors/${CONNECTOR}/config`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(config),
  });
  // A failed task stays failed, also under a new configuration, until somebody restarts it.
  await request(
    `${options.connectUrl}/connectors/${CONNECTOR}/restart?includeTasks=true&onlyFailed=true`,
    { method: 'POST' },
  );
  await untilRunning(options.connectUrl);
}

async function readConnectorConfig(options: ConnectorOptions): Promise<Record<string, string>> {
  const values: Record<string, string> = {
    POSTGRES_HOST: options.postgresHost,
    POSTGRES_PORT: String(options.postgresPort),
    DEBEZIUM_PASSWORD: options.debeziumPassword,
  };
  const template = JSON.parse(await readFile(CONFIG_FILE, 'utf8')) as Record<string, string>;
  // Names without a value here stay: ${routedByValue} is Debezium's own.
  const fill = (text: string) =>
    text.replace(/\$\{(\w+)\}/g, (all, name: string) => values[name] ?? all);
  return Object.fromEntries(Object.entries(template).map(([key, text]) => [key, fill(text)]));
}

interface Status {
  connector: { state: string; trace?: string };
  tasks: { id: number; state: string; trace?: string }[];
}

async function untilRunning(connectUrl: string): Promise<void> {
  const deadline = Date.now() + RUNNING_WITHIN_MS;
  for (;;) {
    const status = await readStatus(connectUrl);
    const parts = status ? [status.connector, ...status.tasks] : [];
    const failed = parts.find(({ state }) => state === 'FAILED');
    if (failed) throw new Error(`connector ${CONNECTOR} failed:\n${failed.trace ?? 'no trace'}`);
    if (parts.length > 1 && parts.every(({ state }) => state === 'RUNNING')) return;
    if (Date.now() > deadline) {
      const states = parts.map(({ state }) => state).join(', ') || 'unknown';
      throw new Error(`connector ${CONNECTOR} is not running after 60 s, but ${states}`);
    }
    await delay(POLL_MS);
  }
}

/** Undefined while Connect has not yet written the status of a connector it just accepted. */
async function readStatus(connectUrl: string): Promise<Status | undefined> {
  const response = await fetch(`${connectUrl}/connectors/${CONNECTOR}/status`, {
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  if (response.status === 404 || response.status === 409) return undefined;
  if (!response.ok) throw await refused(response);
  return (await response.json()) as Status;
}

/** Connect answers 409 while it rebalances and 404 until a connector it just accepted is known to it. */
async function request(url: string, init: RequestInit): Promise<void> {
  const deadline = Date.now() + RUNNING_WITHIN_MS;
  for (;;) {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    if (response.ok) return;
    const mayPass = response.status === 409 || response.status === 404;
    if (!mayPass || Date.now() > deadline) throw await refused(response);
    await delay(POLL_MS);
  }
}

async function refused(response: Response): Promise<Error> {
  return new Error(`Connect answered ${response.status}: ${await response.text()}`);
}
