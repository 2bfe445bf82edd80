import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessDefinition } from './process-definition.js';
import type { StackFolder } from '../stack-folder.js';

/** Defines a process that runs JavaScript. It is healthy after the script has called `ready()`. */
export function nodeProcess(
  name: string,
  folder: string,
  script: string,
  changes: Partial<ProcessDefinition> = {},
): ProcessDefinition {
  const readyFile = join(folder, `${name}.ready`);
  const ready = `const ready = () => require('fs').writeFileSync(${JSON.stringify(readyFile)}, '');`;
  return {
    name,
    kind: 'server',
    url: `test:${name}`,
    ports: [],
    after: [],
    command: process.execPath,
    args: ['-e', `${ready}\n${script}`],
    env: {},
    cwd: folder,
    user: undefined,
    prepare: () => rm(readyFile, { force: true }),
    checkHealth: () => access(readyFile),
    healthyWithinMs: 20_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 10_000,
    ...changes,
  };
}

/** A script that runs until SIGTERM. */
export const STAYS = 'ready(); setInterval(() => {}, 1000);';

export async function temporaryFolder(): Promise<StackFolder> {
  const path = await mkdtemp(join(tmpdir(), 'effectively-once-'));
  return {
    path,
    binaries: join(path, 'binaries'),
    data: join(path, 'data'),
    logs: join(path, 'logs'),
    config: join(path, 'config'),
    stateFile: join(path, 'state.json'),
    user: undefined,
  };
}

export async function until(condition: () => unknown): Promise<void> {
  while (!condition()) await delay(5);
}
