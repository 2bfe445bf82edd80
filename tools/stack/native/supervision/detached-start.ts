import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../../environment.js';
import { signalLeader } from '../processes/process-group.js';
import { stackFolder } from '../stack-folder.js';
import type { Progress, Stack } from '../start-stack.js';

/** A message of the background supervisor to the command that started it. */
export type Message = Progress | { kind: 'running' } | { kind: 'start failed'; message: string };

/**
 * Starts the supervisor as its own process, shows its progress, and disconnects when all is
 * healthy.
 * @throws Error with the supervisor's message if the start fails, or with its exit code if it dies.
 */
export async function startDetached(options: {
  environment: Environment;
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
}): Promise<Stack> {
  const { logs } = stackFolder();
  mkdirSync(logs, { recursive: true });
  const logFile = join(logs, 'supervisor.log');
  const log = openSync(logFile, 'a', 0o644);
  const child = fork(fileURLToPath(new URL('./background-supervisor.js', import.meta.url)), [], {
    detached: true,
    env: options.environment.given,
    stdio: ['ignore', log, log, 'ipc'],
  });
  const stop = () => {
    if (child.pid) signalLeader(child.pid, 'SIGTERM');
  };
  options.signal.addEventListener('abort', stop, { once: true });
  await new Promise<void>((resolve, reject) => {
    child.on('message', (message: Message) => {
      if (message.kind === 'running') resolve();
      else if (message.kind === 'start failed') reject(new Error(message.message));
      else options.onProgress(message);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      reject(new Error(`the supervisor ended (${signal ?? `code ${code}`}); see ${logFile}`)),
    );
  });
  options.signal.removeEventListener('abort', stop);
  child.disconnect();
  child.unref();
  return {
    stop: async () => {
      const ended = once(child, 'exit');
      child.ref();
      stop();
      await ended;
    },
    kill: stop,
  };
}
