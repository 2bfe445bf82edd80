import { join } from 'node:path';
import { serverHealthCheck } from '../../health/health-check.js';
import { javaArguments } from './java-arguments.js';
import type { ProcessDefinition } from '../processes/process-definition.js';
import { serverEnvironment, type StackContext } from './stack-context.js';
import { writeFromTemplate } from './template.js';

export function connect(context: StackContext): ProcessDefinition {
  const { folder, environment, programs } = context;
  const { KAFKA_PORT, CONNECT_PORT } = environment.settings;
  const properties = join(folder.config, 'connect', 'connect-distributed.properties');
  const url = `http://127.0.0.1:${CONNECT_PORT}`;
  return {
    name: 'connect',
    kind: 'server',
    url,
    ports: ['CONNECT_PORT'],
    // After the databases, so that Connect stops before PostgreSQL, which would wait for it.
    after: ['kafka', 'databases'],
    command: join(programs.javaHome, 'bin', 'java'),
    args: [
      ...javaArguments(context, { name: 'connect', heapMb: 1024 }),
      'org.apache.kafka.connect.cli.ConnectDistributed',
      properties,
    ],
    env: serverEnvironment(folder),
    cwd: folder.data,
    user: folder.user,
    prepare: async () =>
      writeFromTemplate('connect/connect-distributed.properties', properties, {
        KAFKA_PORT,
        CONNECT_PORT,
        PLUGINS: join(programs.javaServers, 'connect-plugins'),
      }),
    checkHealth: serverHealthCheck('connect', environment),
    healthyWithinMs: 180_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 15_000,
  };
}
