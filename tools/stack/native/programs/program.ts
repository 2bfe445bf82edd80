import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';

const LAST_LINES = 20;

/**
 * Runs a program to its end and passes each output line to `onLine`.
 * @throws Error with the last lines if it fails.
 */
export async function runProgram(
  command: string,
  args: string[],
  options: {
    env?: NodeJS.ProcessEnv;
    uid?: number | undefined;
    gid?: number | undefined;
    signal?: AbortSignal | undefined;
    onLine?: ((line: string) => void) | undefined;
  } = {},
): Promise<void> {
  const { uid, gid, signal, onLine } = options;
  const child = spawn(command, args, {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: options.env ?? process.env,
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
    ...(signal ? { signal } : {}),
  });
  const lines: string[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      lines.push(line);
      if (lines.length > LAST_LINES) lines.shift();
      onLine?.(line);
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${command} exited with code ${code}\n${lines.join('\n')}`);
}

/** The file of a command on the PATH, or undefined. */
export function onPath(command: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, command)).find((file) => existsSync(file));
}
