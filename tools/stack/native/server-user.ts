import { execFileSync, spawnSync } from 'node:child_process';

/** Another account that servers are started under. */
export interface ServerUser {
  name: string;
  uid: number;
  gid: number;
}

/**
 * PostgreSQL and Elasticsearch refuse to run as root, so root runs every server as `nobody`; anybody
 * else runs them under their own name (undefined).
 */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { name: 'nobody', uid: id('-u'), gid: id('-g') };
}

/** A folder below a closed home (/root is 700) cannot be entered, whatever its own mode says. */
export function canReach(user: ServerUser | undefined, path: string): boolean {
  const identity = user ? { uid: user.uid, gid: user.gid } : {};
  return spawnSync('test', ['-x', path], { ...identity, cwd: '/' }).status === 0;
}
