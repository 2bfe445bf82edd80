import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, waitUntil } from '@effectively-once/testing';
import { findSystemServers } from '../../stack/native/programs/system-servers.js';
import { writeFromTemplate } from '../../stack/native/servers/template.js';
import { stackFolder } from '../../stack/native/stack-folder.js';

/** PagerDuty Events v2, as far as a pager looks at it. */
interface PagerEvent {
  event_action: 'trigger' | 'resolve';
  dedup_key: string;
  payload?: {
    summary: string;
    severity: string;
    custom_details: { runbook?: string };
  };
  links?: { href: string }[];
}
type Labels = Record<string, string>;

const folder = mkdtempSync(join(tmpdir(), 'alertmanager-'));
const events: PagerEvent[] = [];
let pager: Server;
let alertmanager: ChildProcess;
let url: string;

beforeAll(async () => {
  pager = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      events.push(JSON.parse(body) as PagerEvent);
      response.writeHead(202).end('{"status":"success"}');
    });
  });
  await new Promise<void>((resolve) => pager.listen(0, '127.0.0.1', resolve));
  const config = join(folder, 'alertmanager.yml');
  writeFromTemplate('alertmanager/alertmanager.yml', config, {
    THIRD_PARTIES_URL: `http://127.0.0.1:${(pager.address() as AddressInfo).port}`,
    CONSOLE_PUBLIC_URL: 'http://localhost:8080',
  });
  const { binaries, user } = stackFolder();
  const { alertmanager: program } = await findSystemServers({
    folder: join(binaries, 'debian'),
    user,
    signal: new AbortController().signal,
    onNote: () => undefined,
  });
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  alertmanager = spawn(
    program.command,
    [
      `--config.file=${config}`,
      `--storage.path=${folder}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    { cwd: program.workingFolder, env: { LD_LIBRARY_PATH: program.libraries }, stdio: 'ignore' },
  );
  await waitUntil('Alertmanager to be ready', async () => (await fetch(`${url}/-/ready`)).ok);
}, 120_000);

afterAll(async () => {
  const ended = new Promise((resolve) => alertmanager.once('exit', resolve));
  alertmanager.kill('SIGKILL');
  await ended;
  pager.close();
  rmSync(folder, { recursive: true, force: true });
});

/** As Prometheus tells it. */
async function tell(...alerts: { labels: Labels; annotations: Labels; endsAt?: Date }[]) {
  const response = await fetch(`${url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(alerts),
  });
  expect(response.status).toBe(200);
}

const alert = (alertname: string, labels: Labels = {}) => ({
  labels: { alertname, severity: 'critical', ...labels },
  annotations: {
    summary: `${alertname} ${Object.values(labels).join(' ')}`.trim(),
    runbook: `docs/runbook.md#${alertname.toLowerCase()}`,
  },
});
const eventOf = async (summary: string, action: PagerEvent['event_action']) =>
  await waitUntil(`${action} of ${summary}`, () =>
    events.find((one) => one.event_action === action && one.payload?.summary === summary),
  );

it('a page says what, how bad and where to look, and is resolved under its own key', async () => {
  const dead = alert('DeadLettersEmail', { consumer: 'email' });
  await tell(dead);
  const summary = 'DeadLettersEmail: DeadLettersEmail email';
  const page = await eventOf(summary, 'trigger');
  expect(page.payload).toMatchObject({
    severity: 'critical',
    custom_details: { runbook: 'docs/runbook.md#deadlettersemail' },
  });
  expect(page.links).toMatchObject([
    { href: 'http://localhost:8080/alerts?alert=DeadLettersEmail' },
  ]);
  await tell({ ...dead, endsAt: new Date() });
  expect((await eventOf(summary, 'resolve')).dedup_key).toBe(page.dedup_key);
});

it('pages for each consumer separately: resolving one page does not resolve the other', async () => {
  await tell(
    alert('ConsumerLate', { app: 'loyalty', consumer: 'loyalty' }),
    alert('ConsumerLate', { app: 'search', consumer: 'search' }),
  );
  const [one, other] = await Promise.all([
    eventOf('ConsumerLate: ConsumerLate loyalty loyalty', 'trigger'),
    eventOf('ConsumerLate: ConsumerLate search search', 'trigger'),
  ]);
  expect(one.dedup_key).not.toBe(other.dedup_key);
});

// With inhibit_rules, Alertmanager sends no end of an alert that ends while it is inhibited.
it('a page ends with its alert, also while the alert of its cause fires', async () => {
  const effect = alert('ConsumerLate', { app: 'email', consumer: 'email' });
  const cause = alert('CircuitOpen', { app: 'email', dependency: 'redis' });
  await tell(effect);
  await eventOf(pageOf(effect), 'trigger');
  await tell(effect, cause);
  await eventOf(pageOf(cause), 'trigger');
  await tell(cause, { ...effect, endsAt: new Date() });
  await eventOf(pageOf(effect), 'resolve');
});

type Alert = ReturnType<typeof alert>;

const pageOf = ({ labels, annotations }: Alert) => `${labels.alertname}: ${annotations.summary}`;
