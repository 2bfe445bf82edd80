import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { APPS, appEnvironment, type AppName } from '../../app-environment.js';
import { portOf, portVariable } from '../../environment.js';
import { healthCheck } from '../../health/health-check.js';
import { repositoryRoot } from '../../../repository-root.js';
import type { ProcessDefinition } from '../processes/process-definition.js';
import type { StackContext } from './stack-context.js';

/** The steps that an app needs before it can report that it is ready. */
const AFTER: Record<AppName, string[]> = {
  'third-parties': [],
  payments: ['databases', 'third-parties'],
  email: ['topics', 'redis', 'third-parties'],
  loyalty: ['topics', 'databases'],
  search: ['topics', 'index'],
  // After the topics: the console registers a missing connector, which blocks without its topics.
  console: ['databases', 'topics'],
};

export function apps(context: StackContext): ProcessDefinition[] {
  return APPS.map((name) => app(name, context));
}

function app(name: AppName, { environment, folder }: StackContext): ProcessDefinition {
  const url = `http://127.0.0.1:${portOf(name, environment)}`;
  const journalFolder = join(folder.data, 'journals');
  return {
    name,
    kind: 'app',
    url,
    ports:
      name === 'third-parties'
        ? ['THIRD_PARTIES_PORT', 'PSP_PORT', 'SMTP_PORT']
        : [portVariable(name)],
    after: AFTER[name],
    command: process.execPath,
    args: ['dist/main.js'],
    env: appEnvironment(name, environment, { journalFolder }),
    cwd: join(repositoryRoot, 'apps', name),
    // Node may be installed in root's home, which other accounts cannot enter.
    user: undefined,
    prepare: async () => {
      mkdirSync(journalFolder, { recursive: true });
    },
    checkHealth: healthCheck(name, environment),
    healthyWithinMs: 120_000,
    stopSignal: 'SIGTERM',
    // A consumer finishes the effects that it has started.
    stopWithinMs: 15_000,
  };
}
