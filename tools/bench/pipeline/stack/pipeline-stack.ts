import { addresses } from '../../../stack/addresses.js';
import type { Environment } from '../../../stack/environment.js';
import { readState, type ProcessRecord } from '../../../stack/native/supervision/state.js';
import type { Service } from '../../../stack/mode.js';
import { startServers } from '../../processes/start-servers.js';

const SERVERS = ['postgres', 'kafka', 'connect', 'redis', 'elasticsearch'] as const;

/** The servers that every contestant uses. */
export interface PipelineStack {
  environment: Environment;
  at: ReturnType<typeof addresses>;
  brokers: string[];
  logFolder: string;
  dataFolder: string;
  servers: () => ProcessRecord[];
  stop: () => Promise<void>;
}

export async function startPipelineStack(options: {
  signal: AbortSignal;
  print: (line: string) => void;
}): Promise<PipelineStack> {
  const started = await startServers({ names: SERVERS, nodeEnv: 'development', ...options });
  const { environment, folder } = started;
  const at = addresses(environment, { journalFolder: '' });
  return {
    environment,
    at,
    brokers: String(at.KAFKA_BROKERS).split(','),
    logFolder: folder.logs,
    dataFolder: folder.data,
    servers: () => readState(folder.stateFile)?.processes ?? [],
    stop: started.stop,
  };
}

/** `kill -9` of a server. Its supervisor restarts it. */
export function killServer(stack: Pick<PipelineStack, 'servers'>, name: string): void {
  const pid = stack.servers().find((server) => server.name === name)?.run?.pid;
  if (pid === undefined) throw new Error(`${name} is not running`);
  process.kill(pid, 'SIGKILL');
}

/** Servers and programs together, for the reading of their CPU. */
export function measuredServices(
  { servers }: Pick<PipelineStack, 'servers'>,
  programs: readonly { name: string; pid: number }[],
): Service[] {
  const service = (name: string, pid: number | null): Service => ({
    name,
    kind: 'app',
    url: '',
    pid,
    container: null,
    healthy: true,
    startedAt: null,
  });
  return [
    ...servers().map(({ name, run }) => service(name, run?.pid ?? null)),
    ...programs.map(({ name, pid }) => service(name, pid)),
  ];
}
