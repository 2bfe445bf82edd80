import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '@effectively-once/platform';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';
import { PAGE_PATHS, servePages } from './page.js';

@Module({})
class NoRoutes {}

let app: NestFastifyApplication;
beforeAll(async () => {
  const webFolder = mkdtempSync(join(tmpdir(), 'web-'));
  const html = readFileSync('apps/console/src/web/index.html', 'utf8');
  writeFileSync(join(webFolder, 'index.html'), html);
  writeFileSync(join(webFolder, 'main.js'), 'start();');
  app = await createApp({ module: NoRoutes, logger: pino({ level: 'silent' }) });
  const paymentsUrl = 'http://127.0.0.1:3000/"><script>';
  await servePages(app, { paymentsUrl, demoControls: true, webFolder });
  await app.init();
});
afterAll(() => app.close());

const get = async (url: string) => await app.getHttpAdapter().getInstance().inject({ url });

it.each(PAGE_PATHS)('%s answers the page', async (path) => {
  const answer = await get(path.replace(':id', '0199'));
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['content-type']).toContain('text/html');
});

it('the page may run only its own script, and call only the console and payments', async () => {
  const { headers } = await get('/');
  const policy = String(headers['content-security-policy']);
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("connect-src 'self' http://127.0.0.1:3000;");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain('unsafe');
});

it('the page learns the address of payments as text, and not as markup', async () => {
  const { body } = await get('/');
  expect(body).toContain('content="http://127.0.0.1:3000/&quot;>');
  expect(body).toContain('name="demo-controls" content="1"');
});

it('serves the script, and nothing outside its folder', async () => {
  await expect(get('/assets/main.js')).resolves.toMatchObject({ statusCode: 200 });
  for (const path of ['/assets/', '/assets/nothing.js', '/assets/..%2f..%2fpackage.json']) {
    const answer = await get(path);
    expect(answer.statusCode).toBeGreaterThanOrEqual(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
  }
});
