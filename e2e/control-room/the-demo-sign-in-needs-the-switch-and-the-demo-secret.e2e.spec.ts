import { findings, consoleUrl } from '../system-under-test.js';
import { describeInBrowser, newContext, useBrowser } from './browser.js';
import { secondConsole } from './second-console.js';

afterAll(async () => await expect(findings()).resolves.toEqual([]));

const signIn = (url: string) =>
  fetch(`${url}/api/demo/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ role: 'operator' }),
  });

it('signs in with both', async () => {
  const answer = await signIn(consoleUrl);
  expect(answer.status).toBe(200);
  await expect(answer.json()).resolves.toEqual({ token: expect.stringMatching(/^eyJ/) });
});

it.each([
  ['without DEMO_CONTROLS=1', { DEMO_CONTROLS: '0' }],
  ['with a secret of its own', { AUTH_JWT_SECRET: 'a-real-secret-of-at-least-32-bytes!' }],
])('%s there is no such address', async (_, settings) => {
  const { url } = await secondConsole(settings);
  const answer = await signIn(url);
  expect(answer.status).toBe(404);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
});

describeInBrowser('the page', () => {
  useBrowser();

  it('offers no demo sign-in then', async () => {
    const { url } = await secondConsole({ DEMO_CONTROLS: '0' });
    const page = await (await newContext()).newPage();
    page.removeAllListeners('request');
    await page.goto(url);
    await page.getByLabel('Operator token').waitFor();
    await expect(page.getByRole('button', { name: /demo/i }).count()).resolves.toBe(0);
  });
});
