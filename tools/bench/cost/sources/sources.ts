import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import { addresses } from '../../../stack/addresses.js';
import { portsOf, type Environment } from '../../../stack/environment.js';
import type { ModeName, Service } from '../../../stack/mode.js';
import { stackFolder } from '../../../stack/native/stack-folder.js';
import { isAlive, readState } from '../../../stack/native/supervision/state.js';
import { readCpuTimes } from '../../cpu/cpu-times.js';
import type { Counter, Reading } from '../ledger.js';
import { TcpConnections } from './connections.js';
import { elasticsearchCounters, folderCounter, postgresCounters, redisCounters } from './stores.js';
import { TopicFiles } from './topic-files.js';

/** PostgreSQL's backends report their statistics when they are idle, at most once a second. */
const STATISTICS_AFTER_MS = 1_500;
const LOAD_GENERATOR = 'client';
/** The only connections of this process that belong to a payment. */
const CHECKOUTS = `${LOAD_GENERATOR} → payments`;

/** Everything that counts what the system does. */
export interface CostSources {
  /** With the supervisor, if there is one. */
  services: readonly Service[];
  /** @throws Error if a service was restarted, or a store does not answer. */
  read(): Promise<Reading>;
  /** Call it during a load, every few seconds: see TcpConnections. */
  look(): Promise<void>;
  close(): Promise<void>;
}

export async function openSources(
  environment: Environment,
  { mode, services: listed }: { mode: ModeName; services: readonly Service[] },
): Promise<CostSources> {
  const at = addresses(environment, { journalFolder: '' });
  const services = mode === 'native' ? withSupervisor(listed) : listed;
  const connections = new TcpConnections({
    clients: clientsAmong(services),
    servers: new Map(
      Object.entries(portsOf(environment)).map(([variable, port]) => [port, serverOf(variable)]),
    ),
  });
  const folder = stackFolder();
  const topics = new TopicFiles(join(folder.data, 'kafka'));
  const auditor = new pg.Client({ connectionString: at.AUDITOR_PAYMENTS_URL });
  await auditor.connect();
  const redis = new Redis(at.REDIS_URL ?? '', { maxRetriesPerRequest: 1 });
  // In compose mode the folders of a native stack may lie here too, but they are another system's.
  const filesHere = (): Counter[] =>
    mode === 'compose'
      ? []
      : [
          ...topics.read(),
          ...folderCounter('journals', 'files', join(folder.data, 'journals')),
          ...folderCounter('logs', 'files', folder.logs),
        ];
  return {
    services,
    read: async () => {
      await sleep(STATISTICS_AFTER_MS);
      const cpu = await readCpuTimes(services);
      const atMs = performance.now();
      const ofStores = await Promise.all([
        postgresCounters(auditor),
        redisCounters(redis),
        elasticsearchCounters(at.ELASTICSEARCH_URL ?? ''),
        connections.read(),
      ]);
      const counters = [...ofStores.flat(), ...filesHere()];
      return { atMs, cpu, counters: counters.filter(isOfThePayments) };
    },
    look: async () => await connections.look(),
    close: async () => {
      redis.disconnect();
      await auditor.end();
    },
  };
}

/** The supervisor watches and restarts the others, and that is a cost of the system too. */
function withSupervisor(services: readonly Service[]): Service[] {
  const supervisor = readState(stackFolder().stateFile)?.supervisor;
  if (!supervisor || !isAlive(supervisor)) return [...services];
  return [
    ...services,
    {
      name: 'supervisor',
      kind: 'server',
      url: '',
      pid: supervisor.pid,
      container: null,
      healthy: true,
      startedAt: null,
    },
  ];
}

function clientsAmong(services: readonly Service[]): Map<number, string> {
  const named = services.flatMap(({ pid, name }) => (pid === null ? [] : [[pid, name] as const]));
  return new Map([...named, [process.pid, LOAD_GENERATOR]]);
}

/** `THIRD_PARTIES_PORT` → `third-parties`. The PSP and SMTP are servers of their own. */
const serverOf = (variable: string) =>
  variable
    .replace(/_PORT$/, '')
    .replaceAll('_', '-')
    .toLowerCase();

const isOfThePayments = ({ where }: Counter) =>
  !where.startsWith(`${LOAD_GENERATOR} → `) || where === CHECKOUTS;
