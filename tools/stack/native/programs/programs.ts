import { join } from 'node:path';
import { findJava } from './java.js';
import { fetchJavaServers } from './maven.js';
import { findPostgres } from './postgres-binaries.js';
import type { StackFolder } from '../stack-folder.js';
import { findSystemServers, type SystemServers } from './system-servers.js';

/** The locations of the server programs on this machine. */
export interface Programs {
  javaHome: string;
  javaServers: string;
  postgres: string;
  system: SystemServers;
}

/**
 * Finds the installed programs and downloads the missing ones. Fast and silent if none is missing.
 */
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
    // One download failed, so abort the other one.
    failed.abort(error);
    throw error;
  }
}
