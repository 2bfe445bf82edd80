import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { TcpProxy } from '@effectively-once/testing/tcp-proxy';
import type { ProcessDefinition } from '../../processes/process-definition.js';
import type { Supervisor } from '../../processes/supervisor.js';
import type { StackContext } from '../../servers/stack-context.js';
import { controlSocketOf } from '../control-socket.js';
import type { StoppableApps } from '../stoppable-apps.js';
import { mistakesOf } from './operator-mistakes.js';
import { SupervisedFaults } from './supervised-faults.js';

/** Loyalty alone loses its database. A stopped PostgreSQL would stop payments and the console. */
const LOYALTY_DATABASE = 'loyalty-database';

export interface FaultControls {
  faults: SupervisedFaults;
  /** The apps with failure points, and loyalty behind a proxy. */
  definitions: ProcessDefinition[];
  close: () => Promise<void>;
}

/**
 * Makes the stack breakable from the control room.
 * @returns undefined unless DEMO_CONTROLS=1: then no request can break anything.
 */
export async function breakableBy(
  context: Pick<StackContext, 'environment' | 'folder' | 'withApps'> & {
    supervisor: Pick<Supervisor, 'any'>;
    stoppable: StoppableApps;
    onNote: (note: string) => void;
  },
  plain: ProcessDefinition[],
): Promise<FaultControls | undefined> {
  const { environment, folder, withApps, supervisor, stoppable, onNote } = context;
  const { DEMO_CONTROLS, NODE_ENV } = environment.settings;
  // Every app refuses failure points in production.
  if (!withApps || DEMO_CONTROLS !== '1' || NODE_ENV === 'production') return undefined;
  const failurePoints = join(folder.path, 'failure-points');
  mkdirSync(failurePoints, { recursive: true });
  const loyalty = plain.find(({ name }) => name === 'loyalty');
  const url = new URL(loyalty?.env['LOYALTY_DATABASE_URL'] ?? '');
  const to = { host: url.hostname, port: Number(url.port) };
  const proxy = await TcpProxy.listen({ port: 0, to });
  url.port = String(proxy.port);
  const variables: Record<string, Record<string, string>> = {
    console: {
      CONTROL_SOCKET: controlSocketOf(folder),
      SCENARIO_RECEIPTS: join(folder.data, 'receipts'),
    },
    loyalty: { LOYALTY_DATABASE_URL: url.toString() },
  };
  return {
    faults: new SupervisedFaults({
      find: (name) => supervisor.any(name),
      apps: stoppable,
      proxies: new Map([[LOYALTY_DATABASE, proxy]]),
      mistakes: mistakesOf(environment),
      failurePoints,
      onNote,
    }),
    definitions: plain.map((definition) => {
      if (definition.kind !== 'app') return definition;
      const own = { FAILURE_POINTS: failurePoints, ...variables[definition.name] };
      return { ...definition, env: { ...definition.env, ...own } };
    }),
    close: () => proxy.refuse(),
  };
}
