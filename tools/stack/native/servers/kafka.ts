import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { serverHealthCheck } from '../../health/health-check.js';
import { javaArguments } from './java-arguments.js';
import type { ProcessDefinition } from '../processes/process-definition.js';
import { runProgram } from '../programs/program.js';
import { serverEnvironment, type StackContext } from './stack-context.js';
import { makeServerFolder } from '../stack-folder.js';
import { writeFromTemplate } from './template.js';

export function kafka(context: StackContext): ProcessDefinition {
  const { folder, environment, programs } = context;
  const { KAFKA_PORT, KAFKA_CONTROLLER_PORT } = environment.settings;
  const data = join(folder.data, 'kafka');
  const properties = join(folder.config, 'kafka', 'server.properties');
  const java = javaArguments(context, { name: 'kafka', heapMb: 384 });
  return {
    name: 'kafka',
    kind: 'server',
    url: `127.0.0.1:${KAFKA_PORT}`,
    ports: ['KAFKA_PORT', 'KAFKA_CONTROLLER_PORT'],
    after: [],
    command: join(programs.javaHome, 'bin', 'java'),
    args: [...java, 'kafka.Kafka', properties],
    env: serverEnvironment(folder),
    cwd: folder.data,
    user: folder.user,
    prepare: async (signal) => {
      writeFromTemplate('kafka/log4j2.xml', join(folder.config, 'kafka', 'log4j2.xml'), {});
      writeFromTemplate('kafka/server.properties', properties, {
        KAFKA_PORT,
        KAFKA_CONTROLLER_PORT,
        DATA: data,
      });
      if (existsSync(join(data, 'meta.properties'))) return;
      // Kafka needs a data folder that was formatted once with a cluster id.
      rmSync(data, { recursive: true, force: true });
      makeServerFolder(data, folder.user);
      const format = ['format', '--standalone', '--cluster-id', CLUSTER_ID, '--config', properties];
      await runProgram(
        join(programs.javaHome, 'bin', 'java'),
        [...java, 'kafka.tools.StorageTool', ...format],
        { env: serverEnvironment(folder), uid: folder.user?.uid, gid: folder.user?.gid, signal },
      );
    },
    checkHealth: serverHealthCheck('kafka', environment),
    healthyWithinMs: 180_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 20_000,
  };
}

// Any id works, because the cluster has one broker with its own data folder.
const CLUSTER_ID = 'effectively-once-1AAAA';
