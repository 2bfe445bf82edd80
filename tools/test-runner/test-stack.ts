import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CONSUMERS } from '@effectively-once/contracts';
import { startContainers, type Breakable } from '@effectively-once/testing';
import { addresses } from '../stack/addresses.js';
import { createIndex } from '../stack/prepare/index-of-payments.js';
import { readEnvironment, type Environment } from '../stack/environment.js';
import { createTopics } from '../stack/prepare/topics.js';
import { ProgressPrinter } from '../stack/native/progress/progress-printer.js';
import { stackFolder } from '../stack/native/stack-folder.js';
import { startStack } from '../stack/native/start-stack.js';
import { isAlive, readState, type ProcessRecord } from '../stack/native/supervision/state.js';
import type { ProcessDefinition } from '../stack/native/processes/process-definition.js';
import { preparePostgres } from '../stack/prepare/databases.js';
import { layCables } from './proxies/proxies.js';
import { freePortBlock } from './port-block.js';

/** The shortest that the broker accepts. */
const SESSION_TIMEOUT_MS = 6_000;

// Tests kill on purpose, again and again: what they break is not better off for being left alone.
const RESTART_WITHIN_MS = 1_000;

/** Something to test against, and where it is. */
export interface TestStack {
  environment: Environment;
  /** What runs now, with its process ids. Empty for containers. */
  processes: () => ProcessRecord[];
  addresses: Record<string, unknown>;
  /**
   * Stops it, deletes its data (its logs too, unless they are wanted), and names every process that is
   * still there: one that a run leaves behind slows down, and one day breaks, each run after it.
   */
  stop: (options: { keepLogs: boolean }) => Promise<string[]>;
}

/** One whose consumers can be cut off, killed at a point, frozen and given company. */
export interface BreakableStack extends TestStack {
  breakable: Breakable;
}

interface StackOptions {
  apps: boolean;
  signal: AbortSignal;
  print: (line: string) => void;
}

/** The real servers as processes of their own: own ports, own folder, beside whatever else runs. */
export async function startNativeTestStack(options: StackOptions): Promise<BreakableStack> {
  const { name, ports, cablePorts } = await freePortBlock(readEnvironment().settings);
  const environment = readEnvironment({ ...process.env, ...ports, NODE_ENV: 'test' });
  const folder = stackFolder(name);
  rmSync(folder.path, { recursive: true, force: true });
  const { show } = new ProgressPrinter(options.print);
  const { apps, signal } = options;
  const failurePoints = join(folder.path, 'failure-points');
  let definitions: ProcessDefinition[] = [];
  const rewire = (plain: ProcessDefinition[]) =>
    (definitions = apps ? layCables(madeBreakable(plain, { failurePoints }), cablePorts) : plain);
  const stack = await startStack({ environment, folder, apps, rewire, signal, onProgress: show });
  mkdirSync(failurePoints, { recursive: true });
  const processes = () => readState(folder.stateFile)?.processes ?? [];
  const breakable: Breakable = {
    CABLES_URL: `http://127.0.0.1:${cablePorts[0]}`,
    FAILURE_POINTS: failurePoints,
    CONSUMER_PROCESSES: consumersAmong(definitions),
    LOG_FOLDER: folder.logs,
  };
  return {
    environment,
    processes,
    breakable,
    addresses: { ...whereItIs(environment), ...breakable, STATE_FILE: folder.stateFile },
    stop: async ({ keepLogs }) => {
      const started = processes();
      await stack.stop();
      rmSync(keepLogs ? folder.data : folder.path, { recursive: true, force: true });
      if (keepLogs) options.print(`logs of the test stack: ${folder.logs}`);
      return started.filter(({ run }) => isAlive(run)).map(({ name }) => name);
    },
  };
}

/** Apps that a test can make die where it wants, and consumers whose freezing their group notices soon. */
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

/** How a second member of each consumer's group is started. */
function consumersAmong(definitions: ProcessDefinition[]) {
  const consumers = definitions.filter(({ name }) => CONSUMERS.some((one) => one === name));
  return Object.fromEntries(
    consumers.map(({ name, command, args, cwd, env }) => [name, { command, args, cwd, env }]),
  );
}

/** The servers as containers, prepared like the native ones. For the integration level: no apps. */
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
    POSTGRES_SUPERUSER_URL: `postgres://postgres:${settings.POSTGRES_PASSWORD}@127.0.0.1:${settings.POSTGRES_PORT}/postgres`,
  };
}

/** Tests log in as each role of the system, to see what it may. */
function rolePasswords(settings: Environment['settings']) {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => /_PASSWORD$/.test(name)));
}
