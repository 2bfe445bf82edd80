import { join } from 'node:path';
import { findJava } from './java.js';
import { fetchJavaServers } from './maven.js';
import { findPostgres } from './postgres-binaries.js';
import type { StackFolder } from '../stack-folder.js';
import { findSystemServers, type SystemServers } from './system-servers.js';

/** Where every server's program is on this machine. */
export interface Programs {
  javaHome: string;
  javaServers: string;
  postgres: string;
  system: SystemServers;
}

/** Finds what is there and fetches what is missing; quick and silent once everything is there. */
export async function findPrograms(options: {
  folder: StackFolder;
  signal: AbortSignal;
  onNote: (note: string) => void;
}): Promise<Programs> {
  const { binaries, user } = options.folder;
  const javaHome = findJava(user);
  const postgres = findPostgres({ binaries, user });
  const javaServers = join(binaries, 'java-servers');
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const { onNote } = options;
  try {
    const [system] = await Promise.all([
      findSystemServers({ folder: join(binaries, 'debian'), user, signal, onNote }),
      fetchJavaServers({ folder: javaServers, javaHome, signal, onNote }),
    ]);
    return { javaHome, javaServers, postgres, system };
  } catch (error) {
    // One is missing: the other download is of no use now.
    failed.abort(error);
    throw error;
  }
}
