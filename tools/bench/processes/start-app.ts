import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { appUrl } from '../../cli/clients/app-url.js';
import { repositoryRoot } from '../../repository-root.js';
import { appEnvironment, type AppName } from '../../stack/app-environment.js';
import type { Environment } from '../../stack/environment.js';
import { MeasuredProcess } from './measured-process.js';

const POLL_MS = 50;
const READY_WITHIN_MS = 60_000;

export interface RunOptions {
  environment: Environment;
  logFolder: string;
  signal: AbortSignal;
  /** For the simulated external systems only. */
  journalFolder?: string;
}

export interface StartedApp {
  url: string;
  process: MeasuredProcess;
  logFile: string;
}

/** Starts the build of one app, with the environment that it has in the stack. */
export function startApp(name: AppName, options: RunOptions): StartedApp {
  const { environment, logFolder, signal, journalFolder = '' } = options;
  const logFile = join(logFolder, `${name}.log`);
  const process = new MeasuredProcess(['dist/main.js'], {
    cwd: join(repositoryRoot, 'apps', name),
    env: appEnvironment(name, environment, { journalFolder }),
    logFile,
    signal,
  });
  const url = appUrl(
    environment,
    name.toUpperCase().replace('-', '_') as Parameters<typeof appUrl>[1],
  );
  return { url, process, logFile };
}

/** @throws Error if it ends, or is not ready within a minute. */
export async function untilAppIsReady({ url, process, logFile }: StartedApp): Promise<void> {
  const giveUpAtMs = performance.now() + READY_WITHIN_MS;
  while (!process.hasEnded && performance.now() < giveUpAtMs) {
    const answer = await fetch(new URL('/health/ready', url)).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(POLL_MS);
  }
  throw new Error(`the app at ${url} did not become ready; its log: ${logFile}`);
}

/** Runs an app while `during` runs. */
export async function withApp<Result>(
  name: AppName,
  options: RunOptions,
  during: (app: StartedApp) => Promise<Result>,
): Promise<Result> {
  const app = startApp(name, options);
  try {
    await untilAppIsReady(app);
    return await during(app);
  } finally {
    await app.process.stop();
  }
}
