import type { Variable } from '../../stack/addresses.js';
import type { AppName } from '../../stack/app-environment.js';
import type { ProcessDefinition } from '../../stack/native/processes/process-definition.js';
import { repositoryRoot } from '../../repository-root.js';

/**
 * In a test stack a cable lies between a consumer and each server it works with, and nobody else uses
 * it: when it is cut, one consumer loses one server, and the auditor still sees them all. Named by what
 * the consumer's circuit calls the server; `variable` tells the consumer where it is.
 */
export const CABLES = {
  redis: { app: 'email', variable: 'REDIS_URL' },
  smtp: { app: 'email', variable: 'SMTP_URL' },
  payments: { app: 'email', variable: 'PAYMENTS_URL' },
  'mail-provider': { app: 'email', variable: 'MAIL_PROVIDER_URL' },
  'loyalty-database': { app: 'loyalty', variable: 'LOYALTY_DATABASE_URL' },
  elasticsearch: { app: 'search', variable: 'ELASTICSEARCH_URL' },
} as const satisfies Record<string, { app: AppName; variable: Variable }>;

export type Dependency = keyof typeof CABLES;
export const DEPENDENCIES = Object.keys(CABLES) as Dependency[];

/** One for each cable, and one to cut them by. */
export const CABLE_PORTS = DEPENDENCIES.length + 1;

/** What the process that holds the cables is told: see cable-box.ts. */
export interface CableBox {
  controlPort: number;
  cables: { dependency: Dependency; port: number; to: { host: string; port: number } }[];
}

/** The same processes, with the consumers' servers behind cables, and the process that holds those. */
export function layCables(
  definitions: ProcessDefinition[],
  [controlPort = 0, ...cablePorts]: number[],
): ProcessDefinition[] {
  const cables = DEPENDENCIES.map((dependency, index) => {
    const { app, variable } = CABLES[dependency];
    const url = new URL(definitions.find(({ name }) => name === app)?.env[variable] ?? '');
    const to = { host: url.hostname, port: Number(url.port) };
    const port = cablePorts[index] ?? 0;
    url.port = String(port);
    return { dependency, app, variable, port, to, url: url.toString() };
  });
  const behindCables = definitions.map((definition) => {
    const own = cables.filter(({ app }) => app === definition.name);
    if (own.length === 0) return definition;
    const urls = Object.fromEntries(own.map(({ variable, url }) => [variable, url]));
    return {
      ...definition,
      after: [...definition.after, 'cables'],
      env: { ...definition.env, ...urls },
    };
  });
  const box = {
    controlPort,
    cables: cables.map(({ dependency, port, to }) => ({ dependency, port, to })),
  };
  return [cableBox(box), ...behindCables];
}

function cableBox(box: CableBox): ProcessDefinition {
  const url = `http://127.0.0.1:${box.controlPort}`;
  return {
    name: 'cables',
    kind: 'server',
    url,
    // Of no variable: they are the port block's.
    ports: [],
    after: [],
    command: process.execPath,
    args: [
      '--enable-source-maps',
      'tools/dist/test-runner/proxies/proxy-process.js',
      JSON.stringify(box),
    ],
    env: {},
    cwd: repositoryRoot,
    user: undefined,
    checkHealth: async (signal) => void (await fetch(url, { signal })),
    healthyWithinMs: 30_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 5_000,
  };
}
