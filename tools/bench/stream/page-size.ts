import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { repositoryRoot } from '../../repository-root.js';

export const PAGE_FOLDER = join(repositoryRoot, 'apps/console/dist/web');
/** All pages together, because they are one script and one style sheet. */
export const PAGE_BYTES_MAX = 60_000;
const SENT = /\.(js|css|html|svg)$/;

/**
 * What a browser loads of the built page, each file gzipped by itself as HTTP would send it. The
 * source maps are left out: a browser loads them only for its developer tools.
 *
 * @returns bytes by file name; empty if the page is not built.
 */
export function gzippedPageBytes(folder = PAGE_FOLDER): Record<string, number> {
  const files = readFolder(folder).filter((name) => SENT.test(name));
  return Object.fromEntries(
    files.map((name) => [name, gzipSync(readFileSync(join(folder, name))).length]),
  );
}

function readFolder(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
