// Behind every npm script: makes sure that packages and builds are there, then runs the command in
// this same process, so that Ctrl-C and the exit code need no passing on.
// Uses nothing but Node: in a fresh clone there is nothing else yet.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const NODE_FLOOR = [20, 19];
const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(root, 'node_modules', '.cache', 'effectively-once');
const buildStamp = join(cache, 'built');
const turnFile = join(root, '.stack', 'installing');
const TURN_POLL_MS = 200;

const [command, ...rest] = process.argv.slice(2);
checkNode();
if (!packagesAreCurrent() || !buildIsCurrent()) {
  waitForTurn();
  if (!packagesAreCurrent()) installPackages();
  if (!buildIsCurrent()) build();
  rmSync(turnFile);
}
if (command !== 'build') await run();

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [floorMajor = 0, floorMinor = 0] = NODE_FLOOR;
  if (major > floorMajor || (major === floorMajor && minor >= floorMinor)) return;
  fail(`Node ${NODE_FLOOR.join('.')} or newer is needed; this is ${process.versions.node}`);
}

/**
 * Two commands that install at once, in two terminals, take each other's files away. Whoever holds the turn
 * has its process id in the file; what a killed one left behind counts for nothing.
 */
function waitForTurn() {
  mkdirSync(join(root, '.stack'), { recursive: true });
  let told = false;
  while (!isOurTurn()) {
    if (!told)
      process.stderr.write(`waiting for another command to install or build (${turnFile}) …\n`);
    told = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, TURN_POLL_MS);
  }
}

function isOurTurn() {
  try {
    writeFileSync(turnFile, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  if (!isAlive(Number(readHolder()))) rmSync(turnFile, { force: true });
  return false;
}

function readHolder() {
  try {
    return readFileSync(turnFile, 'utf8');
  } catch {
    return '';
  }
}

function isAlive(pid) {
  try {
    // 0 would be this process's own group: a file that has just been made and is still empty.
    return pid === 0 || process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** True when every package of the lock file is installed in its version. */
function packagesAreCurrent() {
  const installedLock = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedLock)) return false;
  const wanted = readPackages(join(root, 'package-lock.json'));
  const installed = readPackages(installedLock);
  return Object.entries(wanted).every(([path, { version, optional, link }]) => {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true;
    // An optional package is left out on platforms it is not made for.
    if (!installed[path]) return optional === true;
    return link === true || installed[path].version === version;
  });
}

function readPackages(lockFile) {
  return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
}

function installPackages() {
  step('installing npm packages (npm ci)', 'npm', ['ci', '--no-audit', '--no-fund']);
}

/** Nx needs a second to find out that nothing changed; comparing times and sizes needs 20 ms. */
function buildIsCurrent() {
  if (!existsSync(buildStamp)) return false;
  if (readFileSync(buildStamp, 'utf8') !== sourcesFingerprint()) return false;
  return projects().every((folder) => existsSync(join(folder, 'dist')));
}

function build() {
  const before = sourcesFingerprint();
  step('building', process.execPath, [
    join(root, 'node_modules', 'nx', 'dist', 'bin', 'nx.js'),
    ...['run-many', '-t', 'build', '--outputStyle=static'],
  ]);
  mkdirSync(cache, { recursive: true });
  writeFileSync(buildStamp, before);
}

function sourcesFingerprint() {
  const hash = createHash('sha256');
  for (const file of ['package-lock.json', '.swcrc', 'nx.json']) addFile(hash, join(root, file));
  for (const folder of projects()) addFolder(hash, folder);
  return hash.digest('hex');
}

function projects() {
  const below = (parent) => readdirSync(join(root, parent)).map((name) => join(root, parent, name));
  const folders = [...below('apps'), ...below('libs'), join(root, 'tools')];
  return folders.filter((folder) => existsSync(join(folder, 'package.json')));
}

function addFolder(hash, folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist') continue;
    if (entry.isDirectory()) addFolder(hash, join(folder, entry.name));
    else if (entry.isFile()) addFile(hash, join(folder, entry.name));
  }
}

function addFile(hash, file) {
  const { mtimeMs, size } = statSync(file);
  hash.update(`${file} ${mtimeMs} ${size}\n`);
}

/** Shows a long step while it runs, and its whole output only when it fails. */
function step(title, program, args) {
  const startedAt = Date.now();
  process.stderr.write(`${title} …\n`);
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    // NODE_ENV=production would leave out the packages that build and test.
    env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', NODE_ENV: 'development' },
    shell: process.platform === 'win32',
  });
  if (status !== 0) fail(`${title} failed\n${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`);
  process.stderr.write(`${title}: done in ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);
}

async function run() {
  const rooms = ['run', 'operate', 'test', 'bench'];
  const places = rooms.map((room) => join(root, 'tools', 'dist', 'cli', room, `${command}.js`));
  const script = places.find((place) => existsSync(place));
  if (script === undefined) {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    fail(`no such command: ${command}. There are: npm run ${Object.keys(scripts).join(', ')}`);
  }
  process.argv = [process.execPath, script, ...rest];
  await import(pathToFileURL(script).href);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
