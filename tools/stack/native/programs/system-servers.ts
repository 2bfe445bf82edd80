import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fetchDebianPackages, hasApt } from './debian-packages.js';
import { onPath } from './program.js';
import { openFromWorkingDirectory } from './relocate.js';
import { canReach, type ServerUser } from '../server-user.js';

export interface SystemServer {
  command: string;
  /** The folders of its libraries, if it was unpacked instead of installed. */
  libraries: string;
  /** The working directory in which it finds its files. */
  workingFolder: string;
}
export type SystemServers = Record<'redis' | 'prometheus' | 'alertmanager', SystemServer>;

const REQUIRED = {
  redis: { commands: ['redis-server'], floor: [6, 2], debian: 'redis-server', files: '' },
  prometheus: {
    commands: ['prometheus'],
    floor: [2, 42],
    debian: 'prometheus',
    files: '/usr/share/prometheus/web/',
  },
  alertmanager: {
    commands: ['alertmanager', 'prometheus-alertmanager'],
    floor: [0, 24],
    debian: 'prometheus-alertmanager',
    files: '/usr/share/prometheus/alertmanager',
  },
} as const;
type Name = keyof typeof REQUIRED;
const NAMES = Object.keys(REQUIRED) as Name[];

/**
 * Finds Redis, Prometheus and Alertmanager: installed if new enough, else unpacked from packages.
 */
export async function findSystemServers(options: {
  folder: string;
  user: ServerUser | undefined;
  signal: AbortSignal;
  onNote: (note: string) => void;
}): Promise<SystemServers> {
  const missing = NAMES.filter((name) => !installed(name, options.user));
  if (missing.length > 0 && !existsSync(options.folder)) {
    if (!hasApt()) throw new Error(installHint(missing));
    const packages = missing.map((name) => REQUIRED[name].debian);
    await fetchDebianPackages({ ...options, packages, afterUnpacking: relocate });
  }
  const found = NAMES.map((name) => [name, locate(name, options)] as const);
  return Object.fromEntries(found) as SystemServers;
}

function relocate(folder: string): void {
  for (const { commands, files } of Object.values(REQUIRED)) {
    if (files === '') continue;
    for (const file of commands) openFromWorkingDirectory(join(folder, 'usr', 'bin', file), files);
  }
}

function locate(
  name: Name,
  options: { folder: string; user: ServerUser | undefined },
): SystemServer {
  const command = installed(name, options.user);
  if (command) return { command, libraries: '', workingFolder: '/' };
  const unpacked = REQUIRED[name].commands
    .map((file) => join(options.folder, 'usr', 'bin', file))
    .find((file) => existsSync(file));
  if (!unpacked) throw new Error(`${installHint([name])} (and delete ${options.folder})`);
  return {
    command: unpacked,
    libraries: libraryFolders(options.folder).join(':'),
    workingFolder: join(options.folder, REQUIRED[name].files),
  };
}

function installed(name: Name, user: ServerUser | undefined): string | undefined {
  const { commands, floor } = REQUIRED[name];
  return commands
    .map((command) => onPath(command))
    .find((file) => file && canReach(user, file) && isNewEnough(file, floor));
}

function isNewEnough(file: string, floor: readonly [number, number]): boolean {
  // Prometheus 2 writes its version to standard error.
  const output = execFileSync('sh', ['-c', '"$0" --version 2>&1', file], { encoding: 'utf8' });
  const [, major, minor] = /(?:v=|version )(\d+)\.(\d+)/.exec(output) ?? [];
  const has = [Number(major ?? 0), Number(minor ?? 0)] as const;
  return has[0] > floor[0] || (has[0] === floor[0] && has[1] >= floor[1]);
}

function libraryFolders(folder: string): string[] {
  const lib = join(folder, 'usr', 'lib');
  if (!existsSync(lib)) return [];
  return readdirSync(lib)
    .filter((name) => name.includes('linux-gnu'))
    .map((name) => join(lib, name));
}

const installHint = (names: Name[]) =>
  `${names.join(', ')}: not found on this machine. Install ${names.length > 1 ? 'them' : 'it'} ` +
  `(Debian, Ubuntu: apt install ${names.map((name) => REQUIRED[name].debian).join(' ')}; ` +
  `macOS: brew install ${names.join(' ')})`;
