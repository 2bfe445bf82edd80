import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { onPath, runProgram } from './program.js';

/**
 * Debian packages unpacked into `folder`, with what they need and the machine lacks. Nothing is
 * installed and no service is started, so this needs no root and changes nothing outside the folder.
 */
export async function fetchDebianPackages(options: {
  packages: string[];
  folder: string;
  signal: AbortSignal;
  /** Part of it: a folder that is there is complete. */
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
    // A fresh container knows no packages, an old one asks for versions that are gone. The lists are
    // read into our own folder: the machine's own stay as they are.
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
