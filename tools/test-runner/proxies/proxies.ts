import type { Variable } from '../../stack/addresses.js';
import type { AppName } from '../../stack/app-environment.js';
import type { ProcessDefinition } from '../../stack/native/processes/process-definition.js';
import { repositoryRoot } from '../../repository-root.js';

/**
 * Fault injection: in a test stack a TCP proxy stands between a consumer and each server that it
 * uses. Only that consumer uses the proxy. If the proxy refuses or hangs, one consumer loses one
 * server, and the auditor still reaches all servers. The key is the name of the consumer's circuit
 * breaker; `variable` holds the server's address.
 */
const PROXIES = {
  redis: { app: 'email', variable: 'REDIS_URL' },
  smtp: { app: 'email', variable: 'SMTP_URL' },
  payments: { app: 'email', variable: 'PAYMENTS_URL' },
  'mail-provider': { app: 'email', variable: 'MAIL_PROVIDER_URL' },
  'loyalty-database': { app: 'loyalty', variable: 'LOYALTY_DATABASE_URL' },
  elasticsearch: { app: 'search', variable: 'ELASTICSEARCH_URL' },
} as const satisfies Record<string, { app: AppName; variable: Variable }>;

export type Dependency = keyof typeof PROXIES;
export const DEPENDENCIES = Object.keys(PROXIES) as Dependency[];

/** One port for each proxy, and one for the control API. */
export const PROXY_PORTS = DEPENDENCIES.length + 1;

/** The command-line argument of proxy-process.ts. */
export interface ProxyProcessOptions {
  controlPort: number;
  proxies: { dependency: Dependency; port: number; to: { host: string; port: number } }[];
}

/** The same processes, with the consumers' servers behind proxies, and the proxy process itself. */
export function putBehindProxies(
  definitions: ProcessDefinition[],
  [controlPort = 0, ...proxyPorts]: number[],
): ProcessDefinition[] {
  const proxies = DEPENDENCIES.map((dependency, index) => {
    const { app, variable } = PROXIES[dependency];
    const url = new URL(definitions.find(({ name }) => name === app)?.env[variable] ?? '');
    const to = { host: url.hostname, port: Number(url.port) };
    const port = proxyPorts[index] ?? 0;
    url.port = String(port);
    return { dependency, app, variable, port, to, url: url.toString() };
  });
  const behindProxies = definitions.map((definition) => {
    const own = proxies.filter(({ app }) => app === definition.name);
    if (own.length === 0) return definition;
    const urls = Object.fromEntries(own.map(({ variable, url }) => [variable, url]));
    return {
      ...definition,
      after: [...definition.after, 'proxies'],
      env: { ...definition.env, ...urls },
    };
  });
  const options = {
    controlPort,
    proxies: proxies.map(({ dependency, port, to }) => ({ dependency, port, to })),
  };
  return [proxyProcess(options), ...behindProxies];
}

function proxyProcess(options: ProxyProcessOptions): ProcessDefinition {
  const url = `http://127.0.0.1:${options.controlPort}`;
  return {
    name: 'proxies',
    kind: 'server',
    url,
    // Empty, because its ports have no variable in `.env`. They come from the port block.
    ports: [],
    after: [],
    command: process.execPath,
    args: [
      '--enable-source-maps',
      'tools/dist/test-runner/proxies/proxy-process.js',
      JSON.stringify(options),
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
