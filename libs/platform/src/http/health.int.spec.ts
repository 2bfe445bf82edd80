import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { HealthModule } from './health.js';
import { listenForTest } from '../testing/listen-for-test.js';

let app: NestFastifyApplication;
let url: string;
let running: { end: () => void; fail: (error: Error) => void }[];

beforeEach(async () => {
  running = [];
  const store = () =>
    new Promise<void>((end, fail) => {
      running.push({ end, fail });
    });
  const module = HealthModule.register({
    useFactory: () => ({ live: { loop: async () => undefined }, ready: { store } }),
  });
  ({ app, url } = await listenForTest(() => ({ module })));
});
afterEach(async () => {
  running.forEach(({ end }) => end());
  await app.close();
});

const ask = async (path = '/health/ready') => await fetch(url + path);
/** Answered after the requests that were sent before it have reached their check. */
const settled = async () => {
  for (let turn = 0; turn < 5; turn += 1) await ask('/health/live');
};

it('concurrent requests share one run of a check', async () => {
  const answers = Array.from({ length: 20 }, () => ask());
  await settled();
  expect(running).toHaveLength(1);
  running[0]?.end();
  for (const { status } of await Promise.all(answers)) expect(status).toBe(200);
});

it('a later request runs the check again, also after it failed', async () => {
  const first = ask();
  await settled();
  running[0]?.fail(new Error('refused'));
  expect((await first).status).toBe(503);
  const second = ask();
  await settled();
  expect(running).toHaveLength(2);
  running[1]?.end();
  expect((await second).status).toBe(200);
});

it('a check that does not end is down after a time, and does not block the next one', async () => {
  const hanging = await ask();
  expect(await hanging.json()).toMatchObject({ status: 503, down: ['store'] });
  const next = ask();
  await settled();
  expect(running).toHaveLength(2);
  running[1]?.end();
  expect((await next).status).toBe(200);
});
