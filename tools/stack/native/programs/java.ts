import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { canReach, type ServerUser } from '../server-user.js';

/** Elasticsearch 9 needs 21. Kafka 4 only needs 17, but both use the same JDK. */
const JAVA_FLOOR = 21;

/** The home of the newest JDK or JRE that runs every server and that their account can execute. */
export function findJava(user: ServerUser | undefined, homes: string[] = candidates()): string {
  const found = homes
    .map((home) => ({ home, version: javaVersion(home) }))
    .filter(({ home, version }) => version > 0 && canReach(user, join(home, 'bin', 'java')));
  const newest = found.sort((one, other) => other.version - one.version)[0];
  if (newest && newest.version >= JAVA_FLOOR) return newest.home;
  const seen = found.map(({ home, version }) => `Java ${version} in ${home}`).join(', ') || 'none';
  throw new Error(
    `Java ${JAVA_FLOOR} or newer is needed for Kafka and Elasticsearch; found: ${seen}. Install one ` +
      '(Debian, Ubuntu: apt install openjdk-21-jre-headless, or temurin-25-jdk from adoptium.net; ' +
      'macOS: brew install openjdk) or point JAVA_HOME at it',
  );
}

function candidates(): string[] {
  const onPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'java'))
    .filter((file) => existsSync(file))
    .map((file) => dirname(dirname(realpathSync(file))));
  return [
    process.env['JAVA_HOME'] ?? '',
    ...onPath,
    ...below('/usr/lib/jvm'),
    ...below('/Library/Java/JavaVirtualMachines').map((folder) => join(folder, 'Contents', 'Home')),
    ...below('/opt/homebrew/opt').filter((folder) => folder.includes('openjdk')),
    ...below('/usr/local/opt').filter((folder) => folder.includes('openjdk')),
    ...below(join(homedir(), '.sdkman', 'candidates', 'java')),
  ].filter((home) => home !== '');
}

const below = (folder: string) =>
  existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];

/**
 * The major version from the `release` file, or 0. Starting each JVM to ask it would take seconds.
 */
function javaVersion(home: string): number {
  if (!existsSync(join(home, 'release'))) return 0;
  const release = readFileSync(join(home, 'release'), 'utf8');
  return Number(/^JAVA_VERSION="?(\d+)/m.exec(release)?.[1] ?? 0);
}
