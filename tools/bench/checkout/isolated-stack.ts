import { join } from 'node:path';
import { appUrl } from '../../cli/clients/app-url.js';
import { appEnvironment } from '../../stack/app-environment.js';
import type { Environment } from '../../stack/environment.js';
import { MeasuredProcess } from '../processes/measured-process.js';
import {
  startApp,
  untilAppIsReady,
  type RunOptions,
  type StartedApp,
} from '../processes/start-app.js';
import { startServers } from '../processes/start-servers.js';

const SERVERS = ['postgres', 'third-parties'];

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
  const { signal } = options;
  const started = await startServers({ names: SERVERS, nodeEnv: 'test', ...options });
  const { environment, folder } = started;
  return {
    environment,
    paymentsUrl: appUrl(environment, 'PAYMENTS'),
    with: async (contestant, during) => {
      const app = launch(contestant, { environment, logFolder: folder.logs, signal });
      try {
        await untilAppIsReady(app);
        return await during();
      } finally {
        await app.process.stop();
      }
    },
    stop: started.stop,
  };
}

function launch(
  contestant: Contestant,
  { environment, logFolder, signal }: RunOptions,
): StartedApp {
  if (contestant === 'payments') return startApp('payments', { environment, logFolder, signal });
  const logFile = join(logFolder, 'bare.log');
  const process = new MeasuredProcess([join(import.meta.dirname, 'bare-checkout.js')], {
    env: appEnvironment('payments', environment, { journalFolder: '' }),
    logFile,
    signal,
  });
  return { url: appUrl(environment, 'PAYMENTS'), process, logFile };
}
