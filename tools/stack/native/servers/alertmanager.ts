import { join } from 'node:path';
import { serverHealthCheck } from '../../health/health-check.js';
import type { ProcessDefinition } from '../processes/process-definition.js';
import { serverEnvironment, type StackContext } from './stack-context.js';
import { makeServerFolder } from '../stack-folder.js';
import { writeFromTemplate } from './template.js';

export function alertmanager({ folder, environment, programs }: StackContext): ProcessDefinition {
  const { ALERTMANAGER_PORT, CONSOLE_PORT, THIRD_PARTIES_PORT } = environment.settings;
  const data = join(folder.data, 'alertmanager');
  const config = join(folder.config, 'alertmanager.yml');
  const url = `http://127.0.0.1:${ALERTMANAGER_PORT}`;
  return {
    name: 'alertmanager',
    kind: 'server',
    url,
    ports: ['ALERTMANAGER_PORT'],
    after: [],
    command: programs.system.alertmanager.command,
    args: [
      `--config.file=${config}`,
      `--storage.path=${data}`,
      `--web.listen-address=127.0.0.1:${ALERTMANAGER_PORT}`,
      // No cluster: Alertmanager would listen on another port for members that do not exist.
      '--cluster.listen-address=',
    ],
    env: { ...serverEnvironment(folder), LD_LIBRARY_PATH: programs.system.alertmanager.libraries },
    cwd: programs.system.alertmanager.workingFolder,
    user: folder.user,
    prepare: async () => {
      makeServerFolder(data, folder.user);
      writeFromTemplate('alertmanager/alertmanager.yml', config, {
        THIRD_PARTIES_URL: `http://127.0.0.1:${THIRD_PARTIES_PORT}`,
        CONSOLE_PUBLIC_URL: `http://localhost:${CONSOLE_PORT}`,
      });
    },
    checkHealth: serverHealthCheck('alertmanager', environment),
    healthyWithinMs: 60_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 10_000,
  };
}
