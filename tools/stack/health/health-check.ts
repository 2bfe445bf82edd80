import { connect } from 'node:net';
import { pingBroker } from '@effectively-once/kafka';
import { withTimeout } from '@effectively-once/timing';
import pg from 'pg';
import { APPS } from '../app-environment.js';
import { portOf, type Environment } from '../environment.js';

const CHECK_TIMEOUT_MS = 3_000;

/** Rejects, saying why, while the service cannot do its work. */
export type HealthCheck = (signal: AbortSignal) => Promise<void>;

export const SERVERS = [
  ...(['elasticsearch', 'kafka', 'postgres', 'redis', 'connect'] as const),
  ...(['alertmanager', 'prometheus'] as const),
] as const;
export type ServerName = (typeof SERVERS)[number];

/** How each server shows that it works, by its port on this machine: the same in both modes. */
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
      // While it still reads its log from disk it answers -LOADING.
      return (signal) => lineAnswered({ port, line: 'PING', expected: '+PONG', signal });
    case 'connect':
      // The list of connectors is answered only once the worker has joined its group.
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

/** One question with a time limit, whatever the service's own check does about its signal. */
export async function isHealthy(service: string, environment: Environment): Promise<boolean> {
  const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  return await withTimeout(healthCheck(service, environment)(signal), CHECK_TIMEOUT_MS).then(
    () => true,
    () => false,
  );
}

async function kafkaAnswers(port: number, signal: AbortSignal): Promise<void> {
  // Its client tries a port that nobody listens on again and again, for longer than we want to wait.
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

async function postgresAnswers(port: number, password: string): Promise<void> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    database: 'postgres',
    password,
    connectionTimeoutMillis: 2_000,
    query_timeout: 2_000,
  });
  // Without a listener, a server that goes away while it is asked would end this process.
  client.on('error', () => undefined);
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
