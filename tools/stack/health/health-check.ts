import { connect } from 'node:net';
import { pingBroker } from '@effectively-once/kafka';
import { withTimeout } from '@effectively-once/timing';
import { newClient } from '@effectively-once/postgres/connections';
import { APPS } from '../app-environment.js';
import { portOf, type Environment } from '../environment.js';

const CHECK_TIMEOUT_MS = 3_000;

/** Rejects with the reason while the service cannot work. */
export type HealthCheck = (signal: AbortSignal) => Promise<void>;

export const SERVERS = [
  'elasticsearch',
  'kafka',
  'postgres',
  'redis',
  'connect',
  'alertmanager',
  'prometheus',
] as const;
export type ServerName = (typeof SERVERS)[number];

/** The health check of each server, through its port on this machine. Both modes use it. */
export function serverHealthCheck(server: ServerName, environment: Environment): HealthCheck {
  const port = portOf(server, environment);
  const http = (path: string) => httpAnswers(`http://127.0.0.1:${port}${path}`);
  switch (server) {
    case 'elasticsearch':
      return http('/_cluster/health?wait_for_status=yellow&timeout=1s');
    case 'kafka':
      return (signal) => kafkaAnswers(port, signal);
    case 'postgres':
      return () => postgresAnswers(port, environment.settings.POSTGRES_PASSWORD);
    case 'redis':
      // Redis answers -LOADING while it reads its log from disk.
      return (signal) => lineAnswered({ port, line: 'PING', expected: '+PONG', signal });
    case 'connect':
      // Connect answers this path only after the worker has joined its group.
      return http('/connectors');
    case 'alertmanager':
    case 'prometheus':
      return http('/-/ready');
  }
}

export function healthCheck(service: string, environment: Environment): HealthCheck {
  if ((APPS as readonly string[]).includes(service)) {
    return httpAnswers(`http://127.0.0.1:${portOf(service, environment)}/health/ready`);
  }
  return serverHealthCheck(service as ServerName, environment);
}

/** Runs one check with a time limit, even if the check ignores its signal. */
export async function isHealthy(service: string, environment: Environment): Promise<boolean> {
  const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  return await withTimeout(healthCheck(service, environment)(signal), CHECK_TIMEOUT_MS).then(
    () => true,
    () => false,
  );
}

async function kafkaAnswers(port: number, signal: AbortSignal): Promise<void> {
  // kafkajs retries a closed port for longer than the check may take, so the check tries the port
  // first.
  await portOpens(port, signal);
  await pingBroker({ brokers: [`127.0.0.1:${port}`], clientId: 'health-check' });
}

function portOpens(port: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, signal });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}

function httpAnswers(url: string): HealthCheck {
  return async (signal) => {
    const response = await fetch(url, { signal });
    const body = await response.text();
    if (!response.ok) throw new Error(`${url} answered ${response.status}: ${body.slice(0, 500)}`);
  };
}

const POSTGRES_TIMEOUT_MS = 2_000;

async function postgresAnswers(port: number, password: string): Promise<void> {
  const client = newClient({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    database: 'postgres',
    password,
    applicationName: 'health check',
    connectTimeoutMs: POSTGRES_TIMEOUT_MS,
    statementTimeoutMs: POSTGRES_TIMEOUT_MS,
    queryTimeoutMs: POSTGRES_TIMEOUT_MS,
  });
  await client.connect();
  try {
    await client.query('SELECT 1');
  } finally {
    await client.end();
  }
}

function lineAnswered(options: {
  port: number;
  line: string;
  expected: string;
  signal: AbortSignal;
}): Promise<void> {
  const { port, line, expected, signal } = options;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, signal });
    let answer = '';
    socket.once('connect', () => socket.write(`${line}\r\n`));
    socket.on('data', (chunk) => {
      answer += chunk.toString();
      if (!answer.includes('\n')) return;
      socket.destroy();
      if (answer.includes(expected)) resolve();
      else reject(new Error(`port ${port} answered ${answer.trim()}`));
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`port ${port} closed the connection`)));
  });
}
