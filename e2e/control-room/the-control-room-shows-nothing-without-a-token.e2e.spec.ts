import { request } from 'node:http';
import { customerToken, findings, get, newId, pay, consoleUrl } from '../system-under-test.js';
import { operatorToken } from '../pager.js';
import { describeInBrowser, newContext, operatorPage, signedIn, useBrowser } from './browser.js';

const PATHS = ['/', '/shop', '/payments', '/audit', '/consumers', '/dead-letters', '/alerts'];
const DATA = [
  '/api/payments',
  '/api/payments/01a22785-0000-7000-8000-000000000000',
  '/api/consumers',
  '/api/stream',
  '/api/pipeline',
  '/api/pages',
  '/api/money-back',
  '/api/dlq',
  '/api/audit?report=last',
];

afterAll(async () => await expect(findings()).resolves.toEqual([]));

it.each(DATA)('%s needs the token of an operator', async (path) => {
  const without = await fetch(consoleUrl + path);
  expect(without.status).toBe(401);
  expect(without.headers.get('content-type')).toContain('application/problem+json');
  const customer = await get(consoleUrl + path, await customerToken(newId('user')));
  expect(customer.status).toBe(403);
});

it.each([
  ['evil.example', undefined],
  ['127.0.0.1.evil.example', undefined],
  [new URL(consoleUrl).host, 'http://evil.example'],
  [new URL(consoleUrl).host, 'null'],
])('a request with Host %s and Origin %s is refused', async (host, origin) => {
  for (const path of ['/', '/api/payments', '/assets/main.js', '/metrics']) {
    await expect(statusOf(path, { host, ...(origin && { origin }) })).resolves.toBe(403);
  }
});

it('the machine offers its services to itself only', async () => {
  const { networkInterfaces } = await import('node:os');
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  const outside = addresses.find(({ internal, family }) => !internal && family === 'IPv4');
  if (!outside) return;
  const { port } = new URL(consoleUrl);
  await expect(fetch(`http://${outside.address}:${port}/health/live`)).rejects.toThrow();
});

describeInBrowser('the pages', () => {
  useBrowser();

  it.each(PATHS)('%s shows the sign-in to a visitor without a token', async (path) => {
    const page = await (await newContext()).newPage();
    const asked: string[] = [];
    page.on('request', (sent) => asked.push(new URL(sent.url()).pathname));
    await page.goto(consoleUrl + path);
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    await expect(page.locator('[data-verdict]').count()).resolves.toBe(0);
    expect(asked.filter((one) => one.startsWith('/api/'))).toEqual([]);
  });

  it('a customer has the Shop, and nothing else', async () => {
    const page = await signedIn(await newContext(), '/', 'customer');
    for (const path of PATHS) {
      await page.goto(consoleUrl + path);
      await page.getByRole('heading', { level: 1, name: 'Shop' }).waitFor();
      await expect(page.locator('[data-verdict]').count()).resolves.toBe(0);
      await expect(page.getByRole('navigation').count()).resolves.toBe(0);
    }
  });

  it('a token of an operator can be pasted', async () => {
    const page = await (await newContext()).newPage();
    await page.goto(`${consoleUrl}/audit`);
    await page.getByText('Sign in with a token').click();
    await page.getByLabel('Operator token').fill(await operatorToken());
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Audit' }).waitFor();
  });

  it('no token, address or key stays in an address or in the local storage', async () => {
    const page = await operatorPage('/shop');
    await page.getByRole('button', { name: 'Pay', exact: true }).click();
    await page.locator('[data-answer][data-final=true]').first().waitFor();
    const paymentId = await pay(newId('user'));
    for (const path of [...PATHS, `/payments/${paymentId}`]) {
      await page.goto(consoleUrl + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      expect(page.url()).not.toMatch(/eyJ|@|token|key/i);
    }
    const { origins } = await page.context().storageState();
    const stored = JSON.stringify(origins.map(({ localStorage }) => localStorage));
    expect(stored).not.toMatch(/eyJ|@/);
  });
});

/** `fetch` lets nothing set the Host header. */
async function statusOf(path: string, headers: Record<string, string>): Promise<number> {
  return await new Promise((resolve, reject) => {
    request(consoleUrl + path, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}
