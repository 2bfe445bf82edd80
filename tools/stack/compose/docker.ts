import { spawn } from 'node:child_process';
import type { Environment } from '../environment.js';
import { repositoryRoot } from '../../repository-root.js';

export interface DockerOptions {
  environment: Environment;
  signal?: AbortSignal;
}

/** Its message has the last lines of docker's output. */
export class DockerFailed extends Error {
  override readonly name = 'DockerFailed';
}

const ERROR_LINES_MAX = 20;

/**
 * Runs the docker command and returns its standard output.
 * @throws DockerFailed if docker is missing or fails; the signal's reason after an abort.
 */
export async function docker(args: string[], options: DockerOptions): Promise<string> {
  options.signal?.throwIfAborted();
  const child = startDocker(args, options);
  let output = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  return await new Promise((resolve, reject) => {
    child.once('error', (error) => {
      reject(options.signal?.aborted ? abortReason(options.signal) : missing(error));
    });
    child.once('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new DockerFailed(lastLines(complaint || output) || `docker ${args[0]} failed`));
    });
  });
}

/** Runs docker compose in the repository root, where it finds docker-compose.yml. */
export const compose = (args: string[], options: DockerOptions) =>
  docker(['compose', ...args], options);

export function startDocker(args: string[], { environment, signal }: DockerOptions) {
  return spawn('docker', args, {
    cwd: repositoryRoot,
    env: environment.given,
    // Its own process group, because Ctrl-C would otherwise interrupt `docker compose down`.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal ? { signal } : {}),
  });
}

const abortReason = (signal: AbortSignal) => signal.reason as Error;

const missing = (error: Error) =>
  new DockerFailed(`the docker command cannot be run (${error.message})`, { cause: error });

const lastLines = (text: string) => text.trimEnd().split('\n').slice(-ERROR_LINES_MAX).join('\n');
