import { rmSync } from 'node:fs';
import { freePortBlock } from '../../test-runner/port-block.js';
import { readEnvironment, type Environment } from '../../stack/environment.js';
import { ProgressPrinter } from '../../stack/native/progress/progress-printer.js';
import { stackFolder, type StackFolder } from '../../stack/native/stack-folder.js';
import { startStack } from '../../stack/native/start-stack.js';

export interface StartedServers {
  environment: Environment;
  folder: StackFolder;
  /** Stops them, and deletes their data and logs. */
  stop: () => Promise<void>;
}

/**
 * Starts some programs of the system with their own ports and data, beside a running system.
 * @throws Error that says what to do. Everything that was started has been stopped by then.
 */
export async function startServers(options: {
  /** Names of servers, and of apps. */
  names: readonly string[];
  nodeEnv: Environment['settings']['NODE_ENV'];
  signal: AbortSignal;
  print: (line: string) => void;
}): Promise<StartedServers> {
  const { names, nodeEnv, signal, print } = options;
  const { name, ports } = await freePortBlock(readEnvironment().settings);
  const environment = readEnvironment({ ...process.env, ...ports, NODE_ENV: nodeEnv });
  const folder = stackFolder(name);
  rmSync(folder.path, { recursive: true, force: true });
  const { show } = new ProgressPrinter(print);
  const stack = await startStack({
    environment,
    folder,
    apps: true,
    rewire: (definitions) => definitions.filter((one) => names.includes(one.name)),
    signal,
    onProgress: show,
  });
  return {
    environment,
    folder,
    stop: async () => {
      await stack.stop();
      rmSync(folder.path, { recursive: true, force: true });
    },
  };
}
