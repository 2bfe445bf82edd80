import { readEnvironment } from '../environment.js';
import { composeMode } from './compose-mode.js';
import { PretendedDocker } from './pretended-docker.fixture.js';

const IMAGES = "'image inspect '*) echo sha256:f00 ;;";
const BUILD = "'compose build') ;;";
const DOWN = "'compose down '*) ;;";
const NO_EVENTS = "'events '*) exec sleep 600 ;;";
const EMAIL = JSON.stringify({
  Name: '/effectively-once-email-1',
  Config: { Labels: { 'com.docker.compose.service': 'email' } },
  HostConfig: { PortBindings: { '3001/tcp': [{ HostIp: '127.0.0.1', HostPort: '1' }] } },
  State: { Status: 'running', ExitCode: 0, StartedAt: '2026-11-21T13:20:02.535972844Z' },
});
const volumes = (names: string) => `'volume ls '*) echo '${names}' ;;`;
const ONE_CONTAINER = `'ps '*) echo f00 ;;\n'inspect f00') echo '[${EMAIL}]' ;;`;

describe('compose mode', () => {
  let docker: PretendedDocker;
  beforeEach(() => (docker = new PretendedDocker()));
  afterEach(() => docker.remove());

  const start = (signal = new AbortController().signal) =>
    composeMode.start({
      // Free ports, because these tests concern the steps after the port check.
      environment: freePorts(docker),
      detach: true,
      signal,
      print: () => undefined,
    });

  it('removes all containers if the start fails, and quotes the message of docker', async () => {
    const up = "'compose up '*) echo 'network is out of addresses' >&2; exit 1 ;;";
    docker.answers([IMAGES, BUILD, up, DOWN, NO_EVENTS, "'ps '*) ;;"].join('\n'));
    await expect(start()).rejects.toThrow('network is out of addresses');
    expect(docker.asked().at(-1)).toMatch(/^compose down --remove-orphans/);
  });

  it('names the service that ended during the start, with its last log lines', async () => {
    const died = JSON.stringify({
      Action: 'die',
      Actor: { Attributes: { 'com.docker.compose.service': 'redis', exitCode: '127' } },
      timeNano: 1_795_267_307_081 * 1e6,
    });
    const events = `'events '*) echo '${died}'; exec sleep 600 ;;`;
    const up = "'compose up '*) exec sleep 600 ;;";
    const logs = "'compose logs '*) echo 'redis-server: not found' ;;";
    docker.answers([IMAGES, BUILD, up, DOWN, logs, events].join('\n'));
    await expect(start()).rejects.toThrow(
      /redis ended with code 127 while it started; its last lines:\n\s+redis-server: not found/,
    );
    expect(docker.asked().some((line) => line.startsWith('compose down'))).toBe(true);
  });

  it('removes all containers if the user interrupts the start', async () => {
    const up = "'compose up '*) exec sleep 600 ;;";
    docker.answers([IMAGES, BUILD, up, DOWN, NO_EVENTS].join('\n'));
    const interrupted = new AbortController();
    const starting = start(interrupted.signal);
    while (!docker.asked().some((line) => line.startsWith('compose up'))) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    interrupted.abort(new Error('interrupted'));
    await expect(starting).rejects.toThrow();
    expect(docker.asked().some((line) => line.startsWith('compose down'))).toBe(true);
  });

  it('keeps the volumes at stop, and deletes them with --wipe', async () => {
    docker.answers([DOWN, NO_EVENTS, ONE_CONTAINER, volumes('effectively-once_kafka')].join('\n'));
    const { environment } = docker;
    const stop = { environment, print: () => undefined };
    await expect(composeMode.stop({ ...stop, wipe: false })).resolves.toBe('stopped');
    await expect(composeMode.stop({ ...stop, wipe: true })).resolves.toBe('stopped');
    expect(docker.asked().filter((line) => line.startsWith('compose down'))).toEqual([
      'compose down --remove-orphans',
      'compose down --remove-orphans --volumes',
    ]);
  });

  it.each([
    [
      'says what it deleted',
      'effectively-once_kafka',
      ['  deleted the Docker volumes with its data'],
    ],
    ['does not say that it deleted anything without a volume', '', []],
  ])('%s', async (_, volume, expected) => {
    docker.answers([DOWN, NO_EVENTS, "'ps '*) ;;", volumes(volume)].join('\n'));
    const printed: string[] = [];
    const print = (line: string) => void printed.push(line);
    await composeMode.stop({ environment: docker.environment, wipe: true, print });
    expect(printed.filter((line) => line.includes('deleted'))).toEqual(expected);
  });

  it('lists every service, also stopped ones, with the ports of the start', async () => {
    docker.answers(ONE_CONTAINER);
    const rows = await composeMode.services(docker.environment);
    expect(rows).toHaveLength(13);
    expect(rows).toContainEqual({
      name: 'email',
      kind: 'app',
      url: 'http://127.0.0.1:1',
      pid: null,
      container: 'effectively-once-email-1',
      healthy: false,
      startedAt: '2026-11-21T13:20:02.535Z',
    });
    expect(rows).toContainEqual(
      expect.objectContaining({ name: 'redis', container: null, healthy: false, startedAt: null }),
    );
  });

  it('is not running without Docker', async () => {
    const environment = readEnvironment({ PATH: docker.folder });
    await expect(composeMode.services(environment)).resolves.toBeUndefined();
    await expect(composeMode.isRunning(environment)).resolves.toBe(false);
    await expect(
      composeMode.stop({ environment, wipe: false, print: () => undefined }),
    ).resolves.toBe('not running');
  });
});

function freePorts({ environment }: PretendedDocker) {
  const ports = Object.keys(environment.settings).filter((name) => name.endsWith('_PORT'));
  const moved = ports.map((name, index) => [name, 30_100 + index] as const);
  return {
    ...environment,
    settings: { ...environment.settings, ...Object.fromEntries(moved) },
  };
}
