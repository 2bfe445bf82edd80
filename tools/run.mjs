// The entry point of every npm script. Installs packages and builds if needed, then runs the
// command in this process, so that Ctrl-C and the exit code need no forwarding. Uses only Node,
// because a fresh clone has no packages.
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
const installingFile = join(root, '.stack', 'installing');
const LOCK_POLL_MS = 200;

/** npm script, file below tools/cli, and one line for the help. */
const COMMANDS = [
  ['start', 'run/start', 'start everything and make a first payment'],
  ['stop', 'run/stop', 'stop everything; with --wipe also delete the data'],
  ['status', 'run/status', 'list every process and its health'],
  ['open', 'run/open', 'open the control room in a browser'],
  ['pay', 'operate/pay', 'make payments'],
  ['token', 'operate/token', 'print a demo access token'],
  ['audit', 'operate/audit', 'check every payment in every store'],
  ['reconcile', 'operate/reconcile', 'add up one day and compare the sources'],
  ['dlq', 'operate/dlq', 'list, redrive and discard dead letters'],
  ['refund', 'operate/refund', 'close a refund that was paid in another way'],
  ['replay', 'operate/replay', 'deliver events to one consumer once more'],
  ['connector', 'operate/connector', 'show or repair the Debezium connector'],
  ['reindex', 'operate/reindex', 'refill the search index from the payments'],
  ['pictures', 'operate/pictures', 'take the pictures of README from the running system'],
  ['test', 'test/test', 'run all tests'],
  ['test:int', 'test/test', 'run the integration tests'],
  ['test:e2e', 'test/test', 'run the end-to-end tests'],
  ['test:long', 'test/test', 'run the tests that take too long for every run'],
  ['test:faults', 'test/faults', 'fault injection: break the system under load'],
  ['test:guards', 'test/test-guards', 'mutation testing: break the code, expect a failing test'],
  ['check', 'test/check', 'run format, lint, types and unit tests'],
  ['bench:delivery', 'bench/bench-delivery', 'measure records per second'],
  ['bench:checkout', 'bench/bench-checkout', 'measure checkouts per second'],
  ['bench:latency', 'bench/bench-latency', 'measure the time from payment to effect'],
  ['bench:sizing', 'bench/bench-sizing', 'measure the storage of a payment'],
  ['bench:stream', 'bench/bench-stream', 'measure what the control room costs'],
  ['bench:cost', 'bench/bench-cost', 'measure what a payment costs'],
  ['bench:pipeline', 'bench/bench-pipeline', 'compare with the raw chain and with tutorials'],
  ['bench:peak', 'bench/bench-peak', 'offer more checkouts than payments can make'],
  ['bench:growth', 'bench/bench-growth', 'how cost and latency grow with the data'],
  ['lab', 'operate/lab', 'measure a claim about delivery on real servers'],
  ['build', undefined, 'install packages and build, if something changed'],
];
/** Commands without an npm script: `node tools/run.mjs prepare`. */
const INTERNAL = ['run/prepare', 'run/first-payment'];

const BUILD_HELP = `Usage: npm run build

Installs the npm packages and builds every app, library and tool, if something changed.
Every other command does the same before it runs.

Example:
  npm run build

Exit code: 0 everything is built, 1 a step failed.
`;

const [command = '', ...rest] = process.argv.slice(2);
checkNode();
const isHelp = ['--help', '-h', 'help'].includes(command);
if (isHelp || !isKnown(command)) {
  if (!isHelp && command !== '') process.stderr.write(`unknown command: ${command}\n\n`);
  (isHelp ? process.stdout : process.stderr).write(help());
  process.exit(isHelp ? 0 : 1);
}
if (command === 'build' && rest.some((option) => ['--help', '-h'].includes(option))) {
  process.stdout.write(BUILD_HELP);
  process.exit(0);
}
if (!packagesAreCurrent() || !buildIsCurrent()) {
  takeLock();
  if (!packagesAreCurrent()) installPackages();
  if (!buildIsCurrent()) build();
  rmSync(installingFile);
}
if (command !== 'build') await run();

function isKnown(name) {
  return name === 'build' || fileOf(name) !== undefined;
}

/** The file of a command, below tools/cli: `test-guards` is in test/test-guards. */
function fileOf(name) {
  const files = [...COMMANDS.map(([, file]) => file), ...INTERNAL];
  return files.find((file) => file?.split('/')[1] === name);
}

function help() {
  const lines = COMMANDS.map(([script, , does]) => `  ${script.padEnd(16)} ${does}`);
  return (
    'Usage: npm run <command> -- [options]\n\n' +
    `${lines.join('\n')}\n\n` +
    'npm run <command> -- --help shows the options of a command.\n\n' +
    'Example:\n  npm run pay -- --user alice --amount 1299\n'
  );
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [floorMajor = 0, floorMinor = 0] = NODE_FLOOR;
  if (major > floorMajor || (major === floorMajor && minor >= floorMinor)) return;
  fail(`Node ${NODE_FLOOR.join('.')} or newer is needed; this is ${process.versions.node}`);
}

/**
 * Two commands that install at the same time delete each other's files. The command that holds the
 * lock writes its pid to the file. The file of a killed command is ignored.
 */
function takeLock() {
  mkdirSync(join(root, '.stack'), { recursive: true });
  let told = false;
  while (!tryLock()) {
    if (!told)
      process.stderr.write(
        `waiting for another command to install or build (${installingFile}) …\n`,
      );
    told = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_POLL_MS);
  }
}

function tryLock() {
  try {
    writeFileSync(installingFile, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  if (!isAlive(Number(readHolder()))) rmSync(installingFile, { force: true });
  return false;
}

function readHolder() {
  try {
    return readFileSync(installingFile, 'utf8');
  } catch {
    return '';
  }
}

function isAlive(pid) {
  try {
    // An empty file was just created and has no pid yet. kill(0) would mean our own process group.
    return pid === 0 || process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** True if every package of the lock file is installed in its version. */
function packagesAreCurrent() {
  const installedLock = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedLock)) return false;
  const wanted = readPackages(join(root, 'package-lock.json'));
  const installed = readPackages(installedLock);
  return Object.entries(wanted).every(([path, { version, optional, link }]) => {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true;
    // npm skips optional packages of other platforms.
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

/** Nx needs a second to see that nothing changed. Comparing times and sizes needs 20 ms. */
function buildIsCurrent() {
  if (!existsSync(buildStamp)) return false;
  if (readFileSync(buildStamp, 'utf8') !== sourcesFingerprint()) return false;
  return projects().every((folder) => existsSync(join(folder, 'dist')));
}

function build() {
  const before = sourcesFingerprint();
  step('building', process.execPath, [
    join(root, 'node_modules', 'nx', 'dist', 'bin', 'nx.js'),
    'run-many',
    '-t',
    'build',
    '--outputStyle=static',
  ]);
  mkdirSync(cache, { recursive: true });
  writeFileSync(buildStamp, before);
}

function sourcesFingerprint() {
  const hash = createHash('sha256');
  // The control room shows the runbook.
  const files = ['package-lock.json', '.swcrc', 'nx.json', 'docs/runbook.md'];
  for (const file of files) addFile(hash, join(root, file));
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

/** Prints the title of a long step, and its whole output only if it fails. */
function step(title, program, args) {
  const startedAt = Date.now();
  process.stderr.write(`${title} …\n`);
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    // With NODE_ENV=production npm would skip the packages for build and test.
    env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', NODE_ENV: 'development' },
    shell: process.platform === 'win32',
  });
  if (status !== 0) fail(`${title} failed\n${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`);
  process.stderr.write(`${title}: done in ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);
}

async function run() {
  const script = join(root, 'tools', 'dist', 'cli', `${fileOf(command)}.js`);
  process.argv = [process.execPath, script, ...rest];
  await import(pathToFileURL(script).href);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
