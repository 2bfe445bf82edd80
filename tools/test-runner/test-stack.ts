import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CONSUMERS } from '@effectively-once/contracts';
import { startContainers, type FaultTargets } from '@effectively-once/testing';
import { addresses, superuserUrl } from '../stack/addresses.js';
import { createIndex } from '../stack/prepare/index-of-payments.js';
import { readEnvironment, type Environment } from '../stack/environment.js';
import { createTopics } from '../stack/prepare/topics.js';
import { ProgressPrinter } from '../stack/native/progress/progress-printer.js';
import { stackFolder } from '../stack/native/stack-folder.js';
import { startStack } from '../stack/native/start-stack.js';
import { controlSocketOf } from '../stack/native/supervision/control-socket.js';
import { isAlive, readState, type ProcessRecord } from '../stack/native/supervision/state.js';
import type { ProcessDefinition } from '../stack/native/processes/process-definition.js';
import { preparePostgres } from '../stack/prepare/databases.js';
import { putBehindProxies } from './proxies/proxies.js';
import { freePortBlock } from './port-block.js';

/** The shortest session timeout that the broker accepts. */
const SESSION_TIMEOUT_MS = 6_000;

// Tests kill processes on purpose and often. A longer restart backoff would only slow the tests.
const RESTART_WITHIN_MS = 1_000;

/** A running stack for tests, and its addresses. */
export interface TestStack {
  environment: Environment;
  /** The running processes with their process ids. Empty for containers. */
  processes: () => ProcessRecord[];
  addresses: Record<string, unknown>;
  /**
   * Stops the stack and deletes its data, and its logs unless `keepLogs`. Returns the name of every
   * process that still runs: a leftover process slows down later runs, or breaks them.
   */
  stop: (options: { keepLogs: boolean }) => Promise<string[]>;
}

/** A test stack for fault injection: proxies, failure points, and second members of a group. */
export interface BreakableStack extends TestStack {
  breakable: FaultTargets;
}

interface StackOptions {
  apps: boolean;
  signal: AbortSignal;
  print: (line: string) => void;
}

/**
 * Starts the real servers as processes with their own ports and folder, beside a running system.
 */
export async function startNativeTestStack(options: StackOptions): Promise<BreakableStack> {
  const { name, ports, proxyPorts } = await freePortBlock(readEnvironment().settings);
  const environment = readEnvironment({ ...process.env, ...ports, NODE_ENV: 'test' });
  const folder = stackFolder(name);
  rmSync(folder.path, { recursive: true, force: true });
  const { show } = new ProgressPrinter(options.print);
  const { apps, signal } = options;
  const failurePoints = join(folder.path, 'failure-points');
  let definitions: ProcessDefinition[] = [];
  const rewire = (plain: ProcessDefinition[]) =>
    (definitions = apps
      ? putBehindProxies(madeBreakable(plain, { failurePoints }), proxyPorts)
      : plain);
  const stack = await startStack({ environment, folder, apps, rewire, signal, onProgress: show });
  mkdirSync(failurePoints, { recursive: true });
  const processes = () => readState(folder.stateFile)?.processes ?? [];
  const breakable: FaultTargets = {
    PROXIES_URL: `http://127.0.0.1:${proxyPorts[0]}`,
    FAILURE_POINTS: failurePoints,
    CONSUMER_PROCESSES: consumersAmong(definitions),
    LOG_FOLDER: folder.logs,
  };
  return {
    environment,
    processes,
    breakable,
    addresses: {
      ...whereItIs(environment),
      ...breakable,
      STATE_FILE: folder.stateFile,
      CONTROL_SOCKET: controlSocketOf(folder),
    },
    stop: async ({ keepLogs }) => {
      const started = processes();
      await stack.stop();
      rmSync(keepLogs ? folder.data : folder.path, { recursive: true, force: true });
      if (keepLogs) options.print(`logs of the test stack: ${folder.logs}`);
      return started.filter(({ run }) => isAlive(run)).map(({ name }) => name);
    },
  };
}

/** Gives the apps failure points, and the consumers a short session timeout. */
function madeBreakable(
  definitions: ProcessDefinition[],
  { failurePoints }: { failurePoints: string },
): ProcessDefinition[] {
  return definitions.map((definition) => {
    if (definition.kind !== 'app') return definition;
    const env = {
      ...definition.env,
      FAILURE_POINTS: failurePoints,
      KAFKA_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS),
    };
    return { ...definition, env, restartWithinMs: RESTART_WITHIN_MS };
  });
}

/** The commands that start a second member of each consumer group. */
function consumersAmong(definitions: ProcessDefinition[]) {
  const consumers = definitions.filter(({ name }) => CONSUMERS.some((one) => one === name));
  return Object.fromEntries(
    consumers.map(({ name, command, args, cwd, env }) => [name, { command, args, cwd, env }]),
  );
}

/**
 * Starts the servers as containers and prepares them. For integration tests only: it has no apps.
 */
export async function startContainerTestStack(): Promise<TestStack> {
  const { settings, given } = readEnvironment();
  const servers = await startContainers(settings, { postgresPassword: settings.POSTGRES_PASSWORD });
  try {
    const environment = readEnvironment({
      ...given,
      POSTGRES_PORT: String(servers.postgresPort),
      KAFKA_PORT: String(servers.kafkaPort),
      REDIS_PORT: String(servers.redisPort),
      ELASTICSEARCH_PORT: String(servers.elasticsearchPort),
    });
    const at = whereItIs(environment);
    const port = environment.settings.POSTGRES_PORT;
    await preparePostgres({ host: '127.0.0.1', port, settings: environment.settings });
    await createTopics({ brokers: [`127.0.0.1:${servers.kafkaPort}`] });
    await createIndex({ elasticsearchUrl: at['ELASTICSEARCH_URL'] as string });
    return {
      environment,
      processes: () => [],
      addresses: at,
      stop: async () => (await servers.stop(), []),
    };
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

function whereItIs(environment: Environment): Record<string, unknown> {
  const { settings } = environment;
  return {
    ...addresses(environment, { journalFolder: '' }),
    ...rolePasswords(settings),
    PROMETHEUS_URL: `http://127.0.0.1:${settings.PROMETHEUS_PORT}`,
    POSTGRES_SUPERUSER_URL: superuserUrl(environment, 'postgres'),
  };
}

/** Tests log in as each database role, to check its permissions. */
function rolePasswords(settings: Environment['settings']) {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => /_PASSWORD$/.test(name)));
}
