import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { findings, newId, pay, receiptOf } from '../system-under-test.js';
import { expectGood } from './accessible.js';
import { describeInBrowser, LOOKS, operatorPage, useBrowser } from './browser.js';

const MARKUP = `<img src=x onerror="window.ran = true">`;

describeInBrowser('an incident bundle', () => {
  useBrowser();
  let paymentId: string;
  let exported: string;
  beforeAll(async () => {
    paymentId = await pay(newId('user'));
    await receiptOf(paymentId);
  });
  afterAll(async () => await expect(findings()).resolves.toEqual([]));

  it('is exported from the page of a payment, without a mail address, a key or a token', async () => {
    const page = await operatorPage(`/payments/${paymentId}`);
    const button = page.getByRole('button', { name: 'Export' });
    await button.waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
    expect(download.suggestedFilename()).toBe(`payment-${paymentId}.incident.json`);
    exported = readFileSync(await download.path(), 'utf8');
    expect(JSON.parse(exported)).toMatchObject({ version: 1, evidence: { id: paymentId } });
    expect(exported).not.toMatch(/@|eyJ[\w-]+\.eyJ|bearer|idempotency-?key"/i);
  });

  it.each(LOOKS)('opens where the system knows nothing, $width px, $colorScheme', async (look) => {
    const page = await importPage(look);
    // Of this system nothing is asked.
    await page.route(/\/api\/payments/, (route) => route.abort());
    await choose(page, exported);
    await page.getByText('imported', { exact: true }).waitFor();
    const shown = page.locator(`[data-imported="${paymentId}"]`);
    await shown.locator('[data-step]').first().waitFor();
    await shown.getByText('Original bytes of the event').waitFor();
    await page.locator('[role=status][data-verdict]').waitFor();
    await expectGood(page, 'an imported payment');

    const buttons = await shown.getByRole('button').all();
    const names = await Promise.all(buttons.map((each) => each.getAttribute('aria-label')));
    expect(names.filter((name) => !name?.startsWith('Copy '))).toEqual([]);
    // The system that exported it is on http, so its address is no link.
    expect(await linksOf(page)).toEqual(['/audit']);
  });

  it('that is hostile is refused, or shown as text', async () => {
    const page = await importPage();
    const hostile = JSON.parse(exported) as Bundle;
    hostile.source = `javascript:${MARKUP}`;
    hostile.evidence.orderId = MARKUP;
    hostile.evidence.steps[0]!.title = MARKUP;
    hostile.evidence.stores[0]!.records.push({ [MARKUP]: MARKUP });
    await choose(page, JSON.stringify(hostile));
    await page.getByText(MARKUP).first().waitFor();
    expect(await linksOf(page)).toEqual(['/audit']);
    hostile.source = 'https://console.example/payments/1';
    await choose(page, JSON.stringify(hostile));
    await page.getByRole('link', { name: hostile.source }).waitFor();
    expect(await linksOf(page)).toEqual([hostile.source, '/audit']);

    for (const [file, why] of [
      [JSON.stringify({ ...hostile, actions: [MARKUP] }), '/actions is not known'],
      [JSON.stringify({ ...hostile, version: 2 }), '/version is not 1'],
      [' '.repeat(1_000_001), 'the file is not at most 1 MB'],
      [MARKUP, 'the file is not JSON'],
    ] as const) {
      await choose(page, file);
      await page.getByRole('alert').getByText(why).waitFor();
      await expect(page.locator('[data-imported]').count()).resolves.toBe(0);
    }
    await expect(page.locator('#app img').count()).resolves.toBe(0);
    await expect(page.evaluate('window.ran')).resolves.toBeUndefined();
  });
});

interface Bundle {
  source: string;
  evidence: {
    orderId: string;
    steps: { title: string }[];
    stores: { records: Record<string, string>[] }[];
  };
}

async function importPage(look = {}): Promise<Page> {
  const page = await operatorPage('/payments/import', look);
  await page.getByRole('heading', { level: 1, name: 'Incident bundle' }).waitFor();
  return page;
}

async function choose(page: Page, text: string): Promise<void> {
  const file = { name: 'bundle.json', mimeType: 'application/json', buffer: Buffer.from(text) };
  await page.locator('input[type=file]').setInputFiles(file);
}

/** Every link of the imported payment. */
async function linksOf(page: Page): Promise<(string | null)[]> {
  const links = await page.locator('[data-imported] a').all();
  return await Promise.all(links.map((link) => link.getAttribute('href')));
}
