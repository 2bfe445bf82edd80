import { register } from 'prom-client';
import { SettingsWatch, type SettingsCheck } from './settings-watch.js';

const log: string[] = [];
const write = (level: string) => (_: object, message: string) =>
  void log.push(`${level}: ${message}`);
const logger = { info: write('info'), warn: write('warn'), error: write('error') };

let answers: (string[] | Error)[];
const check: SettingsCheck = async () => {
  const answer = answers.shift() ?? [];
  if (answer instanceof Error) throw answer;
  return answer;
};
const watching = () => new SettingsWatch({ checks: { redis: check }, logger });
const drift = async () =>
  (await register.getSingleMetricAsString('config_drift'))
    .split('\n')
    .filter((line) => !line.startsWith('#'));

beforeEach(() => log.splice(0));

it('shows 0 while a setting holds, 1 when it drifts, and 0 when it is back', async () => {
  const watch = watching();
  answers = [[], ['maxmemory-policy is volatile-lru'], ['maxmemory-policy is volatile-lru'], []];
  await watch.checkAll();
  expect(await drift()).toEqual(['config_drift{what="redis"} 0']);
  await watch.checkAll();
  expect(await drift()).toEqual(['config_drift{what="redis"} 1']);
  expect(watch.report()['redis']).toMatchObject({
    holds: false,
    problems: ['maxmemory-policy is volatile-lru'],
  });
  await watch.checkAll();
  await watch.checkAll();
  expect(await drift()).toEqual(['config_drift{what="redis"} 0']);
  // One line per change, not one per check.
  expect(log).toEqual(['error: a setting has drifted', 'info: a checked setting holds again']);
});

it('an unreadable setting has no metric, and hides no other', async () => {
  const watch = new SettingsWatch({
    checks: { redis: check, topics: async () => ['retention.ms of payment.completed is 1000'] },
    logger,
  });
  answers = [[], new Error('Connection is closed')];
  await watch.checkAll();
  await watch.checkAll();
  expect(await drift()).toEqual(['config_drift{what="topics"} 1']);
  expect(watch.report()['redis']).toMatchObject({
    holds: 'unreadable',
    problems: ['Connection is closed'],
  });
});

it('a check that hangs is unreadable, and delays no other', async () => {
  const hangs = () => new Promise<string[]>(() => undefined);
  const watch = new SettingsWatch({
    checks: { redis: hangs, topics: async () => [] },
    logger,
    timeoutMs: 10,
  });
  await watch.checkAll();
  expect(await drift()).toEqual(['config_drift{what="topics"} 0']);
});

it('checks at once after a reconnect', async () => {
  let checks = 0;
  const seen: (() => void)[] = [];
  const counted = async () => {
    checks += 1;
    seen.shift()?.();
    return [];
  };
  const watch = new SettingsWatch({ checks: { redis: counted }, logger, everyMs: 3_600_000 });
  const first = new Promise<void>((resolve) => seen.push(resolve));
  watch.start();
  await first;
  const second = new Promise<void>((resolve) => seen.push(resolve));
  watch.wake();
  await second;
  await watch.stop();
  expect(checks).toBe(2);
});
