import { jest } from '@jest/globals';
import { waitUntil } from '@effectively-once/testing';
import { pages, untilNothingIsPending, isAbout } from '../pager.js';
import { checkout, consoleUrl, findings, journal, newId, withFault } from '../system-under-test.js';
import { expectGood } from './accessible.js';
import { describeInBrowser, LOOKS, operatorPage, useBrowser } from './browser.js';
import { countInput, finishedAction } from './dead-letters.js';
import { stopwatch } from './stopwatch.js';

jest.setTimeout(240_000);

const ALERT = 'DeadLettersEmail';

describeInBrowser('the page of alerts', () => {
  useBrowser();
  afterAll(async () => await expect(findings()).resolves.toEqual([]));

  it('leads from the pager over the runbook to the receipt, and shows that the page resolved', async () => {
    await untilNothingIsPending('email', ALERT);
    const before = (await pages()).length;
    const address = `${newId('refused')}@example.com`;
    const link = await withFault({ target: 'smtp', kind: '550', address }, async () => {
      expect((await checkout({ userId: newId('user'), email: address })).status).toBe(201);
      return await waitUntil('the page', async () => {
        const paged = (await pages()).slice(before).find(isAbout(ALERT));
        return paged?.link ?? undefined;
      });
    });
    // The pager has the address for the browser of an operator.
    const { pathname, search } = new URL(link);
    expect(pathname + search).toBe(`/alerts?alert=${ALERT}`);
    const lap = stopwatch();
    const page = await operatorPage(pathname + search);
    const line = page.locator(`[data-page=${ALERT}].is-current`);
    await line.getByText('firing').waitFor();
    await page.getByText(`${ALERT}: email dead-lettered 1 payments`).first().waitFor();
    const runbook = page.locator('[data-runbook=deadlettersemail]');
    await runbook.getByText('npm run dlq -- list').first().waitFor();

    await page.getByRole('link', { name: 'Dead letters of email' }).click();
    await page.getByRole('button', { name: 'Dry run' }).click();
    await countInput(page, 1).fill('1');
    await page.keyboard.press('Enter');
    await expect(finishedAction(page)).resolves.toContain('1 of 1 redriven');
    await waitUntil('the receipt', async () => (await journal('mails', { address })).length === 1);
    lap('from the link in the pager to the redriven receipt');
    await page.goto(consoleUrl + pathname + search);
    await line.getByText('resolved').waitFor({ timeout: 90_000 });
  });

  it('shows another section of the runbook beside the same page', async () => {
    const page = await operatorPage(`/alerts?alert=${ALERT}`);
    const runbook = page.locator('[data-runbook=deadlettersemail]');
    await runbook.getByRole('link', { name: 'SamePaymentOtherContent' }).click();
    await page.locator('[data-runbook=samepaymentothercontent]').waitFor();
    await page.locator(`[data-page=${ALERT}].is-current`).waitFor();
  });

  it.each(LOOKS)('has no fault that axe finds, $width px, $colorScheme', async (look) => {
    const page = await operatorPage(`/alerts?alert=${ALERT}`, look);
    await page.locator('[data-runbook=deadlettersemail] p').first().waitFor();
    await expectGood(page, 'an alert');
    await page.goto(`${consoleUrl}/alerts?section=which-number-answers-which-question`);
    await page.locator('.runbook table').waitFor();
    await expectGood(page, 'a table of the runbook');
  });
});
