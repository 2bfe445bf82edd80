import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BATCH_BYTES_MAX } from '@effectively-once/contracts';
import { parse as parseYaml } from 'yaml';
import { APPS, appEnvironment } from '../app-environment.js';
import { readEnvironment } from '../environment.js';
import { repositoryRoot } from '../../repository-root.js';
import { projectFilter } from './containers.js';
import { CONTAINER_PORTS, LONG_RUNNING, portVariables, PREPARATIONS } from './services.js';

interface ComposeService {
  image?: string;
  build?: unknown;
  environment?: Record<string, string | number>;
  env_file?: string;
  ports?: string[];
  healthcheck?: { test: string[] };
  restart: string;
  mem_limit?: string;
  logging?: unknown;
  volumes?: string[];
}
interface ComposeFile {
  name: string;
  services: Record<string, ComposeService>;
}

const read = (path: string) => readFileSync(join(repositoryRoot, path), 'utf8');
const file = parseYaml(read('docker-compose.yml'), { merge: true }) as ComposeFile;
const services = Object.entries(file.services);
const longRunning = LONG_RUNNING.map((name) => [name, file.services[name]!] as const);
const oneShots = services.filter(([name]) => !(LONG_RUNNING as readonly string[]).includes(name));
const { settings } = readEnvironment({});

describe('docker-compose.yml', () => {
  it('has exactly the services that npm start waits for, and the demo', () => {
    expect(Object.keys(file.services).sort()).toEqual(
      [...LONG_RUNNING, ...PREPARATIONS, 'demo'].sort(),
    );
  });

  it('has the project name that npm run status looks for', () => {
    const environment = readEnvironment({});
    expect(projectFilter(environment)).toBe(`label=com.docker.compose.project=${file.name}`);
  });

  it.each(APPS)('gives %s exactly the variables that it gets in native mode', (app) => {
    // Native mode passes these only if the caller sets them. Compose can only pass an empty value.
    const limits = { RATE_LIMIT_PER_S: '1', RATE_LIMIT_BURST: '1' };
    const given = { ...limits, PAYMENT_COMPLETED_VERSION: '1' };
    const native = appEnvironment(app, readEnvironment(given), { journalFolder: '/journals' });
    // A process on this machine listens on it, and is called by its name. A container is not.
    const onlyInside = app === 'console' ? ['LISTEN_HOST', 'CONSOLE_HOSTS'] : ['LISTEN_HOST'];
    const inCompose = Object.keys(file.services[app]!.environment!);
    expect(inCompose.sort()).toEqual([...Object.keys(native), ...onlyInside].sort());
  });

  it.each(longRunning)('publishes %s on its port of .env, on this machine only', (name) => {
    const inside = { [name]: CONTAINER_PORTS[name], PSP: 3011, SMTP: 1025 } as const;
    const wanted = portVariables(name).map((variable) => {
      const port = inside[variable.replace('_PORT', '') as 'PSP'] ?? inside[name];
      return `127.0.0.1:\${${variable}}:${port}`;
    });
    expect(file.services[name]!.ports).toEqual(wanted);
  });

  it('publishes no port of a one-shot', () => {
    expect(oneShots.filter(([, { ports }]) => ports)).toEqual([]);
  });

  it.each(services)('takes the image of %s from .env or builds it', (_, { image }) => {
    const isOurs = image === 'effectively-once/app:${APP_VERSION:-dev}';
    const pinned = Object.keys(settings).filter((key) => key.endsWith('_IMAGE'));
    expect(isOurs || pinned.map((key) => `\${${key}}`).includes(image ?? '')).toBe(true);
  });

  it('builds the image of the apps once', () => {
    expect(services.filter(([, { build }]) => build).map(([name]) => name)).toEqual(['migrate']);
  });

  it.each(longRunning)('checks the health of %s and restarts it', (_, service) => {
    expect(service.healthcheck?.test.length).toBeGreaterThan(1);
    expect(service.restart).toBe('unless-stopped');
  });

  it.each(oneShots)('does not restart %s after a failure', (_, service) => {
    expect(service.restart).toBe('no');
  });

  it('gives demo no dependency: docker compose run would start its one-shots again each time', () => {
    expect(file.services['demo']).not.toHaveProperty('depends_on');
    for (const app of ['PAYMENTS', 'EMAIL', 'LOYALTY', 'SEARCH', 'CONSOLE']) {
      expect(file.services['demo']!.environment).toHaveProperty(`${app}_URL`);
    }
  });

  it.each(services)('limits the memory and the log of %s', (_, service) => {
    expect(service.mem_limit).toMatch(/^\d+[mg]$/);
    expect(service.logging).toEqual({
      driver: 'json-file',
      options: { 'max-size': '10m', 'max-file': '3' },
    });
  });

  it('gives Kafka the sizes of the topics, as in native mode', () => {
    const { environment } = file.services['kafka']!;
    const native = read('infra/kafka/server.properties');
    for (const [name, size] of [
      ['message.max.bytes', BATCH_BYTES_MAX.event],
      ['replica.fetch.max.bytes', BATCH_BYTES_MAX.deadLetter],
    ] as const) {
      expect(native).toContain(`\n${name}=${size}\n`);
      expect(environment).toHaveProperty(`KAFKA_${name.toUpperCase().replaceAll('.', '_')}`, size);
    }
  });

  it('uses 127.0.0.1 in containers only for the listeners of Kafka, and for the browser', () => {
    const pointing = services.flatMap(([name, { environment = {} }]) =>
      Object.entries(environment)
        .filter(([, value]) => /127\.0\.0\.1|localhost/.test(String(value)))
        .map(([variable]) => `${name} ${variable}`),
    );
    // Kafka is its own controller.
    const itself = ['kafka KAFKA_CONTROLLER_QUORUM_VOTERS', 'kafka KAFKA_LISTENERS'];
    // The browser runs on this machine, outside of the containers.
    const browser = ['console PAYMENTS_PUBLIC_URL', 'payments SHOP_ORIGINS'];
    const wanted = ['kafka KAFKA_ADVERTISED_LISTENERS', ...itself, ...browser];
    expect(pointing.sort()).toEqual(wanted.sort());
  });

  it('lets the shell override every credential that a one-shot needs', () => {
    const needed = Object.keys(settings).filter((name) => /_PASSWORD$|^AUTH_JWT/.test(name));
    for (const [, { environment }] of oneShots) {
      for (const name of needed) expect(environment).toHaveProperty(name, `\${${name}}`);
    }
  });

  it('has passwords in .env that need no encoding in a URL', () => {
    for (const [name, value] of Object.entries(settings)) {
      if (name.endsWith('_PASSWORD')) expect(value).toBe(encodeURIComponent(String(value)));
    }
  });

  it('gives Connect the same settings as its file in native mode', () => {
    const worker = new Map(
      read('infra/connect/connect-distributed.properties')
        .split('\n')
        .filter((line) => line.includes('=') && !line.startsWith('#'))
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    const { environment } = file.services['connect']!;
    const same = {
      GROUP_ID: 'group.id',
      CONFIG_STORAGE_TOPIC: 'config.storage.topic',
      OFFSET_STORAGE_TOPIC: 'offset.storage.topic',
      STATUS_STORAGE_TOPIC: 'status.storage.topic',
      KEY_CONVERTER: 'key.converter',
      VALUE_CONVERTER: 'value.converter',
      OFFSET_FLUSH_INTERVAL_MS: 'offset.flush.interval.ms',
    };
    for (const [variable, property] of Object.entries(same)) {
      expect(`${property}=${environment![variable]}`).toBe(`${property}=${worker.get(property)}`);
    }
  });

  it('lets Prometheus scrape every app under its name and port', () => {
    const targets = JSON.parse(read('infra/prometheus/targets/apps.json')) as unknown;
    expect(targets).toEqual(
      APPS.map((app) => ({ targets: [`${app}:${CONTAINER_PORTS[app]}`], labels: { app } })),
    );
  });

  it('mounts only files that exist', () => {
    const mounted = services.flatMap(([, { volumes = [] }]) =>
      volumes.filter((volume) => volume.startsWith('./')).map((volume) => volume.split(':')[0]!),
    );
    const { ALERT_PROFILE } = settings;
    // Docker would create an empty folder in place of a missing file.
    for (const path of mounted.filter((path) => /\.\w+$/.test(path))) {
      expect(read(path.replace('${ALERT_PROFILE}', ALERT_PROFILE))).not.toBe('');
    }
  });
});
