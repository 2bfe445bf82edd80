import { execFileSync, spawnSync } from 'node:child_process';

/** Another user account that runs the servers. */
export interface ServerUser {
  name: string;
  uid: number;
  gid: number;
}

/**
 * PostgreSQL and Elasticsearch refuse to run as root, so root runs every server as `nobody`. Every
 * other user runs the servers under its own account (undefined).
 */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { name: 'nobody', uid: id('-u'), gid: id('-g') };
}

/**
 * True if the account can execute the file or enter the folder. In a closed home (/root is 700) it
 * cannot, even if the mode of the folder itself allows it.
 */
export function canReach(user: ServerUser | undefined, path: string): boolean {
  const identity = user ? { uid: user.uid, gid: user.gid } : {};
  return spawnSync('test', ['-x', path], { ...identity, cwd: '/' }).status === 0;
}
