import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { APPS } from '../../app-environment.js';
import { portOf, type Environment } from '../../environment.js';
import { repositoryRoot } from '../../repository-root.js';
import { serverHealthCheck } from '../../health-check.js';
import type { ProcessDefinition } from '../processes/process-definition.js';
import { serverEnvironment, type StackContext } from './stack-context.js';
import { makeServerFolder } from '../stack-folder.js';
import { writeFromTemplate } from './template.js';

export function prometheus({
  folder,
  environment,
  programs,
  withApps,
}: StackContext): ProcessDefinition {
  const port = environment.settings.PROMETHEUS_PORT;
  const data = join(folder.data, 'prometheus');
  const config = join(folder.config, 'prometheus');
  const url = `http://127.0.0.1:${port}`;
  return {
    name: 'prometheus',
    kind: 'server',
    url,
    ports: ['PROMETHEUS_PORT'],
    // Its first alert would go nowhere if Alertmanager came up after it. Last of all, because an app
    // that is still starting is not one that is down: nobody wants a page at every start.
    after: ['alertmanager', ...(withApps ? APPS : [])],
    command: programs.system.prometheus.command,
    args: [
      `--config.file=${join(config, 'prometheus.yml')}`,
      `--storage.tsdb.path=${data}`,
      '--storage.tsdb.retention.time=7d',
      `--web.listen-address=127.0.0.1:${port}`,
      '--rules.alert.resend-delay=5s',
    ],
    env: { ...serverEnvironment(folder), LD_LIBRARY_PATH: programs.system.prometheus.libraries },
    cwd: programs.system.prometheus.workingFolder,
    user: folder.user,
    prepare: async () => {
      makeServerFolder(data, folder.user);
      writeFromTemplate('prometheus/prometheus.yml', join(config, 'prometheus.yml'), {});
      cpSync(join(repositoryRoot, 'infra', 'prometheus', 'rules'), join(config, 'rules'), {
        recursive: true,
      });
      writeTargets(join(config, 'targets'), environment);
    },
    checkHealth: serverHealthCheck('prometheus', environment),
    healthyWithinMs: 60_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 10_000,
  };
}

function writeTargets(folder: string, environment: Environment): void {
  const apps = APPS.map((app) => ({
    targets: [`127.0.0.1:${portOf(app, environment)}`],
    labels: { app },
  }));
  const alertmanager = [{ targets: [`127.0.0.1:${environment.settings.ALERTMANAGER_PORT}`] }];
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'apps.json'), JSON.stringify(apps));
  writeFileSync(join(folder, 'alertmanager.json'), JSON.stringify(alertmanager));
}
