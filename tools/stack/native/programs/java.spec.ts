import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findJava } from './java.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'java-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function home(version: string): string {
  const path = join(folder, version);
  mkdirSync(join(path, 'bin'), { recursive: true });
  writeFileSync(join(path, 'bin', 'java'), '');
  chmodSync(join(path, 'bin', 'java'), 0o755);
  writeFileSync(join(path, 'release'), `IMPLEMENTOR="x"\nJAVA_VERSION="${version}"\n`);
  return path;
}

it('chooses the newest Java', () => {
  const homes = [home('21.0.4'), home('25'), home('17.0.15')];
  expect(findJava(undefined, homes)).toBe(homes[1]);
});

it('says what it found and what to install if every Java is too old', () => {
  const old = home('17.0.15');
  expect(() => findJava(undefined, [old])).toThrow(
    `Java 21 or newer is needed for Kafka and Elasticsearch; found: Java 17 in ${old}. Install one`,
  );
});

it('says so if there is no Java', () => {
  expect(() => findJava(undefined, [join(folder, 'nothing')])).toThrow('found: none. Install one');
});
