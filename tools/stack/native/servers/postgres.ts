import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serverHealthCheck } from '../../health/health-check.js';
import type { ProcessDefinition } from '../processes/process-definition.js';
import { runProgram } from '../programs/program.js';
import { serverEnvironment, type StackContext } from './stack-context.js';
import { makeServerFolder } from '../stack-folder.js';
import { writeFromTemplate } from './template.js';

export function postgres(context: StackContext): ProcessDefinition {
  const { folder, environment, programs } = context;
  const port = environment.settings.POSTGRES_PORT;
  const data = join(folder.data, 'postgres');
  const config = join(folder.config, 'postgresql.conf');
  return {
    name: 'postgres',
    kind: 'server',
    url: `postgres://127.0.0.1:${port}`,
    ports: ['POSTGRES_PORT'],
    after: [],
    command: join(programs.postgres, 'bin', 'postgres'),
    args: ['-D', data, '-c', `config_file=${config}`, '-p', String(port)],
    env: serverEnvironment(folder),
    cwd: folder.data,
    user: folder.user,
    prepare: async (signal) => {
      writeFromTemplate('postgres/postgresql.conf', config, {});
      if (!existsSync(join(data, 'PG_VERSION'))) await initialize(context, data, signal);
    },
    checkHealth: serverHealthCheck('postgres', environment),
    healthyWithinMs: 60_000,
    // SIGINT is the fast shutdown: PostgreSQL rolls back and disconnects the clients. With SIGTERM
    // it would wait until every client disconnects.
    stopSignal: 'SIGINT',
    stopWithinMs: 15_000,
  };
}

async function initialize(context: StackContext, data: string, signal: AbortSignal): Promise<void> {
  const { folder, environment, programs } = context;
  // An interrupted first start leaves an incomplete folder, which initdb would refuse.
  rmSync(data, { recursive: true, force: true });
  makeServerFolder(data, folder.user);
  const passwordFile = join(folder.config, 'postgres-password');
  writeFileSync(passwordFile, environment.settings.POSTGRES_PASSWORD, { mode: 0o644 });
  try {
    await runProgram(
      join(programs.postgres, 'bin', 'initdb'),
      [
        '-D',
        data,
        '-U',
        'postgres',
        '--encoding=UTF8',
        '--locale-provider=builtin',
        '--locale=C.UTF-8',
        '--auth=scram-sha-256',
        `--pwfile=${passwordFile}`,
        '--no-sync',
      ],
      { env: serverEnvironment(folder), uid: folder.user?.uid, gid: folder.user?.gid, signal },
    );
  } finally {
    rmSync(passwordFile);
  }
}
