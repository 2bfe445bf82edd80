import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { appEnvironment } from '../../stack/app-environment.js';
import type { Environment } from '../../stack/environment.js';
import { repositoryRoot } from '../../repository-root.js';
import { startServers } from './start-servers.js';

const SERVERS = ['postgres', 'third-parties'];
const READY_WITHIN_MS = 30_000;

/** The program under load: the service, or the minimal baseline. */
export type Contestant = 'payments' | 'bare';

/**
 * PostgreSQL and the PSP only. Payments and the bare checkout take turns on the port of payments.
 */
export interface IsolatedStack {
  environment: Environment;
  paymentsUrl: string;
  /** Runs one of the two programs while `during` runs. */
  with<Result>(contestant: Contestant, during: () => Promise<Result>): Promise<Result>;
  stop: () => Promise<void>;
}

export async function startIsolatedStack(options: {
  signal: AbortSignal;
  print: (line: string) => void;
}): Promise<IsolatedStack> {
  const started = await startServers({ names: SERVERS, nodeEnv: 'test', ...options });
  const { environment, folder } = started;
  const paymentsUrl = `http://127.0.0.1:${environment.settings.PAYMENTS_PORT}`;
  return {
    environment,
    paymentsUrl,
    with: async (contestant, during) => {
      const log = join(folder.logs, `${contestant}.log`);
      const { child, ended } = launch(contestant, environment, log);
      try {
        await untilReady(paymentsUrl, child, log);
        return await during();
      } finally {
        child.kill('SIGTERM');
        await ended;
      }
    },
    stop: started.stop,
  };
}

function launch(contestant: Contestant, environment: Environment, logFile: string) {
  const log = openSync(logFile, 'a');
  const script = {
    payments: join(repositoryRoot, 'apps', 'payments', 'dist', 'main.js'),
    bare: join(import.meta.dirname, 'bare-checkout.js'),
  }[contestant];
  const child = spawn(process.execPath, [script], {
    env: appEnvironment('payments', environment, { journalFolder: '' }),
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  return { child, ended: once(child, 'exit') };
}

async function untilReady(url: string, child: ChildProcess, log: string): Promise<void> {
  const giveUpAtMs = performance.now() + READY_WITHIN_MS;
  while (child.exitCode === null && performance.now() < giveUpAtMs) {
    const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(50);
  }
  throw new Error(`the program did not become ready; its log: ${log}`);
}
