import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { onPath, runProgram } from './program.js';

/**
 * Downloads Debian packages and their missing dependencies, and unpacks them into `folder`. It
 * installs nothing and starts no service, so it needs no root and changes nothing outside the
 * folder.
 */
export async function fetchDebianPackages(options: {
  packages: string[];
  folder: string;
  signal: AbortSignal;
  /** Runs before the folder gets its final name, so that an existing folder is complete. */
  afterUnpacking: (folder: string) => void;
  onNote: (note: string) => void;
}): Promise<void> {
  if (existsSync(options.folder)) return;
  const partial = `${options.folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  for (const name of ['archives/partial', 'lists/partial', 'unpacked']) {
    mkdirSync(join(partial, name), { recursive: true });
  }
  const download = ['install', '--yes', '--no-install-recommends', '--download-only'];
  const own = [`-oDir::Cache=${partial}`, `-oDir::Cache::archives=${partial}/archives`];
  const apt = (args: string[]) =>
    runProgram('apt-get', ['-oDebug::NoLocking=1', '-oAPT::Sandbox::User=', ...own, ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
      signal: options.signal,
    });
  try {
    options.onNote(`fetching ${options.packages.join(', ')}`);
    await apt([...download, ...options.packages]);
  } catch {
    options.signal.throwIfAborted();
    // A fresh container has no package lists, and old lists name versions that no longer exist. apt
    // reads new lists into our folder, so the lists of the machine stay unchanged.
    options.onNote('reading the package lists');
    const lists = `-oDir::State::lists=${partial}/lists`;
    await apt([lists, 'update']);
    await apt([lists, ...download, ...options.packages]);
  }
  for (const file of readdirSync(join(partial, 'archives'))) {
    if (!file.endsWith('.deb')) continue;
    const archive = join(partial, 'archives', file);
    await runProgram('dpkg-deb', ['--extract', archive, join(partial, 'unpacked')], {
      signal: options.signal,
    });
  }
  options.afterUnpacking(join(partial, 'unpacked'));
  renameSync(join(partial, 'unpacked'), options.folder);
  rmSync(partial, { recursive: true, force: true });
}

export const hasApt = () => onPath('apt-get') !== undefined && onPath('dpkg-deb') !== undefined;
