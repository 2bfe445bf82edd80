import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readSamples } from '@effectively-once/testing/metrics';
import { Redis } from 'ioredis';
import pg from 'pg';
import { appUrl } from '../../../cli/clients/app-url.js';
import { addresses } from '../../../stack/addresses.js';
import { portsOf, type Environment } from '../../../stack/environment.js';
import type { ModeName, Service } from '../../../stack/mode.js';
import { stackFolder } from '../../../stack/native/stack-folder.js';
import { isAlive, readState } from '../../../stack/native/supervision/state.js';
import { readCpuTimes } from '../../cpu/cpu-times.js';
import type { Counter, Reading } from '../ledger.js';
import { TcpConnections } from './connections.js';
import {
  indexBytesPerDocument,
  elasticsearchCounters,
  folderCounter,
  postgresCounters,
  redisCounters,
} from './stores.js';
import { TopicFiles } from './topic-files.js';

/** PostgreSQL's backends report their statistics when they are idle, at most once a second. */
const STATISTICS_AFTER_MS = 1_500;
const LAST_AUDIT = 'audit_last_run_timestamp_seconds';

/** Everything that counts what the system does. */
export interface CostSources {
  /** With the supervisor, if there is one. */
  services: readonly Service[];
  /** @throws Error if a service was restarted, or a store does not answer. */
  read(): Promise<Reading>;
  /** When the console finished its last regular audit: the audit would be in a figure. */
  lastAudit(): Promise<number | undefined>;
  /** @returns undefined without documents. */
  indexBytesPerDocument(): Promise<number | undefined>;
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
      return { atMs, cpu, counters: [...ofStores.flat(), ...filesHere()] };
    },
    lastAudit: async () => {
      const [sample] = await readSamples(appUrl(environment, 'CONSOLE'), LAST_AUDIT);
      return sample?.value;
    },
    indexBytesPerDocument: async () => await indexBytesPerDocument(at.ELASTICSEARCH_URL ?? ''),
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

/** Without the load generator: its connections end unseen, so their counts would be too low. */
function clientsAmong(services: readonly Service[]): Map<number, string> {
  return new Map(services.flatMap(({ pid, name }) => (pid === null ? [] : [[pid, name] as const])));
}

/** `THIRD_PARTIES_PORT` → `third-parties`. The PSP and SMTP are servers of their own. */
const serverOf = (variable: string) =>
  variable
    .replace(/_PORT$/, '')
    .replaceAll('_', '-')
    .toLowerCase();
