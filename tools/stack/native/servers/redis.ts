import { join } from 'node:path';
import { serverHealthCheck } from '../../health/health-check.js';
import type { ProcessDefinition } from '../processes/process-definition.js';
import { serverEnvironment, type StackContext } from './stack-context.js';
import { makeServerFolder } from '../stack-folder.js';
import { writeFromTemplate } from './template.js';

export function redis({ folder, environment, programs }: StackContext): ProcessDefinition {
  const port = environment.settings.REDIS_PORT;
  const data = join(folder.data, 'redis');
  const config = join(folder.config, 'redis.conf');
  return {
    name: 'redis',
    kind: 'server',
    url: `redis://127.0.0.1:${port}`,
    ports: ['REDIS_PORT'],
    after: [],
    command: programs.system.redis.command,
    args: [config, '--port', String(port), '--bind', '127.0.0.1', '--dir', data],
    env: { ...serverEnvironment(folder), LD_LIBRARY_PATH: programs.system.redis.libraries },
    cwd: folder.data,
    user: folder.user,
    prepare: async () => {
      makeServerFolder(data, folder.user);
      writeFromTemplate('redis/redis.conf', config, {});
    },
    checkHealth: serverHealthCheck('redis', environment),
    healthyWithinMs: 60_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 10_000,
  };
}
