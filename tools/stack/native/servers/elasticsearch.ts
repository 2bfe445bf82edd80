import { chownSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { serverHealthCheck } from '../../health/health-check.js';
import type { ProcessDefinition } from '../processes/process-definition.js';
import { serverEnvironment, type StackContext } from './stack-context.js';
import { makeServerFolder } from '../stack-folder.js';
import { writeFromTemplate } from './template.js';

const HEAP_MB = 512;

export function elasticsearch(context: StackContext): ProcessDefinition {
  const { folder, environment, programs } = context;
  const config = join(folder.config, 'elasticsearch');
  const home = unpacked(context);
  const temporary = temporaryFolder(context);
  const url = `http://127.0.0.1:${environment.settings.ELASTICSEARCH_PORT}`;
  return {
    name: 'elasticsearch',
    kind: 'server',
    url,
    ports: ['ELASTICSEARCH_PORT'],
    after: [],
    command: join(home, 'bin', 'elasticsearch'),
    args: [],
    env: {
      ...serverEnvironment(folder),
      ES_JAVA_HOME: programs.javaHome,
      ES_PATH_CONF: config,
      ES_TMPDIR: temporary,
      CLI_JAVA_OPTS: launcherOptions(home, temporary),
    },
    cwd: folder.data,
    user: folder.user,
    prepare: async () => configure(context, config),
    checkHealth: serverHealthCheck('elasticsearch', environment),
    healthyWithinMs: 240_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 20_000,
  };
}

/** The name of the folder in the archive contains the version. */
function unpacked({ programs }: StackContext): string {
  const parent = join(programs.javaServers, 'unpacked');
  const name = readdirSync(parent).find((entry) => entry.startsWith('elasticsearch-'));
  if (!name)
    throw new Error(
      `no Elasticsearch in ${parent}; delete ${programs.javaServers} and start again`,
    );
  return join(parent, name);
}

const temporaryFolder = ({ folder }: StackContext) => join(folder.data, 'elasticsearch-tmp');

/**
 * The launcher is a small JVM beside the server's. It ignores ES_TMPDIR, and leaves an empty folder
 * `final-flags…` in its temporary folder at each start, which must not fill the system's /tmp. The
 * path is relative to the launcher's working directory (ES_HOME), because its script splits these
 * options at blanks, and the path of the clone may contain blanks.
 */
function launcherOptions(home: string, temporary: string): string {
  const jvm = ['-Xmx64m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  return [...jvm, `-Djava.io.tmpdir=${relative(home, temporary)}`].join(' ');
}

function configure(context: StackContext, config: string): void {
  const { folder, environment } = context;
  const data = join(folder.data, 'elasticsearch');
  const logs = join(folder.logs, 'elasticsearch');
  // Elasticsearch writes a keystore beside its configuration, so it needs its own folder.
  mkdirSync(join(config, 'jvm.options.d'), { recursive: true });
  cpSync(join(unpacked(context), 'config'), config, { recursive: true });
  writeFromTemplate('elasticsearch/elasticsearch.yml', join(config, 'elasticsearch.yml'), {
    ELASTICSEARCH_PORT: environment.settings.ELASTICSEARCH_PORT,
    DATA: data,
    LOGS: logs,
  });
  writeFileSync(join(config, 'jvm.options.d', 'effectively-once.options'), JVM_OPTIONS.join('\n'));
  rmSync(temporaryFolder(context), { recursive: true, force: true });
  for (const path of [data, logs, temporaryFolder(context)]) {
    makeServerFolder(path, folder.user);
  }
  if (folder.user) chownAll(config, folder.user);
}

const JVM_OPTIONS = [
  `-Xms${HEAP_MB}m`,
  `-Xmx${HEAP_MB}m`,
  // As for Kafka: on few cores the optimizing compiler is the most expensive thread.
  '-XX:TieredStopAtLevel=1',
  // One collector thread is enough for this heap.
  '-XX:-UseG1GC',
  '-XX:+UseSerialGC',
  // By default Elasticsearch keeps up to 2 GB of garbage collection logs.
  '-Xlog:disable',
  '-Xlog:all=warning:stderr:utctime,level,tags',
  '',
];

function chownAll(folder: string, user: { uid: number; gid: number }): void {
  chownSync(folder, user.uid, user.gid);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) chownAll(path, user);
    else chownSync(path, user.uid, user.gid);
  }
}
