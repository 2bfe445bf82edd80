import { waitUntil } from '@effectively-once/testing';
import { samplesIn, samplesOf } from '@effectively-once/testing/metrics';
import { METRICS } from '../tools/docs-lint/alerts/metrics.fixture.js';
import { alerts, countersIn, metricsIn } from '../tools/docs-lint/alerts/rules.fixture.js';
import { pidOf } from './fault-injection.js';
import { at, checkout, findings, newId } from './system-under-test.js';

const APP_PORTS = [
  ...(['PAYMENTS_PORT', 'EMAIL_PORT', 'LOYALTY_PORT', 'SEARCH_PORT'] as const),
  ...(['CONSOLE_PORT', 'THIRD_PARTIES_PORT'] as const),
];
const prometheus = String(at['PROMETHEUS_URL']);

beforeAll(async () => {
  await checkout({ userId: newId('user') });
  await expect(findings()).resolves.toEqual([]);
});

afterAll(async () => {
  await expect(findings()).resolves.toEqual([]);
});

it.each(Object.entries(METRICS))(
  '%s is exported under its name, with its labels',
  async (name, labels) => {
    // A gauge that queries a database is absent while the database does not answer.
    await waitUntil(`${name} with ${labels.join()}`, async () => {
      const samples = (await everyScrape()).filter((line) => isOf(name, line));
      return samples.some((line) => labels.every((label) => line.includes(`${label}="`)));
    });
  },
);

it('Prometheus runs exactly the alerts that have a test and a runbook section', async () => {
  const { groups } = await ask<{ groups: { rules: { name: string; type: string }[] }[] }>('rules');
  const running = groups.flatMap(({ rules }) => rules).filter(({ type }) => type === 'alerting');
  expect(running.map(({ name }) => name).sort()).toEqual(
    alerts()
      .map((one) => one.alert)
      .sort(),
  );
});

it.each([...new Set(alerts().flatMap(metricsIn))].filter((name) => name in METRICS))(
  'Prometheus has seen %s, which an alert reads',
  async (name) => {
    await waitUntil(name, async () => {
      const { result } = await ask<{ result: unknown[] }>(
        `query?query=${encodeURIComponent(`{__name__=~"${name}(_count)?"}`)}`,
      );
      return result.length > 0;
    });
  },
);

// If its first event made its first value, increase() would not see that event.
describe('a counter that an alert reads:', () => {
  const scrapes = new Map<string, string>();
  // Processes that have counted nothing yet.
  beforeAll(async () => {
    for (const name of ['payments', 'email', 'loyalty', 'search', 'console'] as const) {
      scrapes.set(name, await restarted(name));
    }
  });

  const counters = new Map(
    alerts()
      .flatMap(countersIn)
      .map(({ name, labels }) => [`${name} ${JSON.stringify(labels)}`, { name, labels }] as const),
  );

  it.each([...counters])(
    '%s begins at 0 in an app that has just started',
    (_, { name, labels }) => {
      const declared = `# TYPE ${name.replace(/_(bucket|count)$/, '')} `;
      const apps = [...scrapes].filter(([, text]) => text.includes(declared));
      expect(apps).not.toEqual([]);
      for (const [, text] of apps) {
        const values = samplesOf(samplesIn(text), name, labels).map(({ value }) => value);
        expect(values).not.toEqual([]);
        expect(new Set(values)).toEqual(new Set([0]));
      }
    },
  );
});

/** Restarts a supervised process, and returns its first metrics. */
async function restarted(name: 'payments' | 'email' | 'loyalty' | 'search' | 'console') {
  const url = `http://127.0.0.1:${String(at[`${name.toUpperCase()}_PORT` as 'EMAIL_PORT'])}/metrics`;
  const scrape = async () => await (await fetch(url)).text();
  const startOf = (text: string) =>
    samplesOf(samplesIn(text), 'process_start_time_seconds')[0]?.value ?? 0;
  const before = startOf(await scrape());
  process.kill(pidOf(name), 'SIGTERM');
  return await waitUntil(`another ${name}`, async () => {
    const text = await scrape().catch(() => '');
    return startOf(text) > before ? text : undefined;
  });
}

async function everyScrape(): Promise<string[]> {
  const texts = await Promise.all(
    APP_PORTS.map(async (port) =>
      (await fetch(`http://127.0.0.1:${String(at[port])}/metrics`)).text(),
    ),
  );
  return texts.flatMap((text) => text.split('\n'));
}

const isOf = (name: string, line: string) =>
  new RegExp(`^${name}(_bucket|_count|_sum)?[{ ]`).test(line);

async function ask<Data>(what: string): Promise<Data> {
  const response = await fetch(`${prometheus}/api/v1/${what}`);
  return ((await response.json()) as { data: Data }).data;
}
