import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repositoryRoot } from '../../../repository-root.js';
import { onPath, runProgram } from './program.js';

const POM = join(repositoryRoot, 'tools', 'stack', 'native', 'programs', 'pom.xml');

/**
 * Unpacks Kafka, Connect with Debezium, and Elasticsearch into `folder`. Maven keeps its downloads
 * in its own cache, so a second clone downloads nothing.
 */
export async function fetchJavaServers(options: {
  folder: string;
  javaHome: string;
  signal: AbortSignal;
  onNote: (note: string) => void;
}): Promise<void> {
  if (existsSync(options.folder)) return;
  const maven = onPath('mvn');
  if (!maven) {
    throw new Error(
      'Maven is needed to fetch Kafka, Debezium and Elasticsearch from Maven Central. Install it ' +
        '(Debian, Ubuntu: apt install maven; macOS: brew install maven)',
    );
  }
  const partial = `${options.folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(dirname(options.folder), { recursive: true });

  const run = (mode: string[]) => {
    let files = 0;
    return runProgram(
      maven,
      ['--batch-mode', ...mode, '--file', POM, `-Dtarget=${partial}`, 'generate-resources'],
      {
        env: { ...process.env, JAVA_HOME: options.javaHome },
        signal: options.signal,
        onLine: (line) => {
          if (!line.includes('Downloaded from')) return;
          files += 1;
          if (files % 100 === 0) options.onNote(`${files} files from Maven Central`);
        },
      },
    );
  };
  try {
    // Offline first: asking the repository about cached files takes longer than unpacking them.
    await run(['--offline']);
  } catch {
    options.signal.throwIfAborted();
    options.onNote('downloading from Maven Central, about 220 MB');
    await run([]);
  }
  // The rename makes the folder complete or absent: an interrupted run leaves no partial server.
  renameSync(partial, options.folder);
}
