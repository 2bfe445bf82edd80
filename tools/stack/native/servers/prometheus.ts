import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { APPS } from '../../app-environment.js';
import { portOf, type Environment } from '../../environment.js';
import { repositoryRoot } from '../../../repository-root.js';
import { serverHealthCheck } from '../../health/health-check.js';
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
    // After Alertmanager, which must receive the first alert. After the apps, because Prometheus
    // would report a starting app as down and page the operator at every start.
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
      copyRules(config, environment.settings.ALERT_PROFILE);
      writeTargets(join(config, 'targets'), environment);
    },
    checkHealth: serverHealthCheck('prometheus', environment),
    healthyWithinMs: 60_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 10_000,
  };
}

function copyRules(config: string, profile: string): void {
  const from = join(repositoryRoot, 'infra', 'prometheus');
  // Delete the old rules first. Otherwise a renamed rule would also stay under its old name.
  rmSync(join(config, 'rules'), { recursive: true, force: true });
  cpSync(join(from, 'rules'), join(config, 'rules'), { recursive: true });
  cpSync(join(from, 'profiles', `${profile}.yml`), join(config, 'profile.yml'));
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
