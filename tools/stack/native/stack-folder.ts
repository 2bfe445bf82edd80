import { createHash } from 'node:crypto';
import { chownSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repositoryRoot } from '../../repository-root.js';
import { canReach, serverUser, type ServerUser } from './server-user.js';

const OUTSIDE = '/var/tmp';

/** Where a stack keeps what it makes; `binaries` are shared by all stacks of a clone. */
export interface StackFolder {
  path: string;
  binaries: string;
  data: string;
  logs: string;
  config: string;
  stateFile: string;
  user: ServerUser | undefined;
}

/**
 * `.stack` in the clone. When root starts servers as `nobody` and `nobody` cannot enter the clone,
 * a folder outside that is named after the clone's path, so that the next command finds it again.
 */
export function stackFolder(name = 'main'): StackFolder {
  const user = serverUser();
  const base = canReach(user, repositoryRoot)
    ? join(repositoryRoot, '.stack')
    : join(OUTSIDE, `effectively-once-${pathHash(repositoryRoot)}`);
  const path = join(base, name);
  return {
    path,
    binaries: join(base, 'binaries'),
    data: join(path, 'data'),
    logs: join(path, 'logs'),
    config: join(path, 'config'),
    stateFile: join(path, 'state.json'),
    user,
  };
}

const pathHash = (path: string) => createHash('sha256').update(path).digest('hex').slice(0, 12);

/** Makes a folder that only the servers' account may use. */
export function makeServerFolder(path: string, user: ServerUser | undefined): void {
  // The folders above stay open, or the servers' account could not get here.
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
  if (user) chownSync(path, user.uid, user.gid);
}
