import { createHash } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repositoryRoot } from '../../repository-root.js';
import { canReach, serverUser, type ServerUser } from './server-user.js';

const OUTSIDE = '/var/tmp';

/** The folders of a stack. All stacks of a clone share `binaries`. */
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
 * `.stack` in the clone. If root starts the servers as `nobody`, and `nobody` cannot enter the
 * clone: a folder in /var/tmp. Its name is a hash of the clone's path, so that the next command
 * finds it.
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

/** Deletes the data, logs and configuration of a stack. @returns false if there were none. */
export function deleteStack({ path }: Pick<StackFolder, 'path'>): boolean {
  if (!existsSync(path)) return false;
  rmSync(path, { recursive: true, force: true });
  return true;
}

const pathHash = (path: string) => createHash('sha256').update(path).digest('hex').slice(0, 12);

/** Creates a data folder with mode 700. If root starts the stack, it belongs to `nobody`. */
export function makeServerFolder(path: string, user: ServerUser | undefined): void {
  // The parent folders stay open. Otherwise the account of the servers could not reach this one.
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
  if (user) chownSync(path, user.uid, user.gid);
}
