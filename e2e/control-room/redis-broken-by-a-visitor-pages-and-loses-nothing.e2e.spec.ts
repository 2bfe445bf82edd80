import { jest } from '@jest/globals';
import { consoleUrl, findings } from '../system-under-test.js';
import { describeInBrowser, newContext, signedIn, useBrowser } from './browser.js';
import { stopwatch } from './stopwatch.js';

jest.setTimeout(300_000);

/** CircuitOpen fires after 30 s, so Redis is away for longer. */
const AWAY_S = '50';
const SEEN_WITHIN_MS = 120_000;

describeInBrowser('a visitor who has just signed in', () => {
  useBrowser();
  afterAll(async () => await expect(findings()).resolves.toEqual([]));

  it('breaks Redis: email pauses, the others go on, the page fires, all recovers, and nothing is lost', async () => {
    const watch = stopwatch();
    const context = await newContext();
    const page = await signedIn(context, '/break', 'operator');
    await page.getByLabel('Seconds').fill(AWAY_S);
    await page.getByRole('button', { name: 'Stop redis' }).click();
    await page.locator('[data-broken="redis"]').waitFor();
    watch('Redis is broken');

    const shop = await signedIn(context, '/shop', 'customer');
    const burst = shop.getByRole('region', { name: 'Burst' });
    await burst.getByLabel('Payments per second').fill('2');
    await burst.getByLabel('Seconds').fill('20');
    await burst.getByRole('button', { name: 'Start burst' }).click();

    await page.goto(`${consoleUrl}/consumers`);
    const circuit = (consumer: string, state: string) =>
      page
        .locator(`[data-consumer=${consumer}] [data-circuit][data-state=${state}]`)
        .first()
        .waitFor({ timeout: SEEN_WITHIN_MS });
    await circuit('email', 'open');
    await circuit('loyalty', 'closed');
    await circuit('search', 'closed');
    watch('email pauses, the others go on');

    await page.goto(`${consoleUrl}/alerts`);
    const alert = (isFiring: boolean) =>
      page
        .locator(`[data-page=CircuitOpen][data-firing=${isFiring}]`)
        .first()
        .waitFor({ timeout: SEEN_WITHIN_MS });
    await alert(true);
    watch('the page fires');

    await page.goto(`${consoleUrl}/break`);
    const outcome = page.locator('[data-history="redis"] [data-outcome]').first();
    await outcome.waitFor({ timeout: SEEN_WITHIN_MS });
    await expect(outcome.getAttribute('data-outcome')).resolves.toBe('as_predicted');
    watch('all is recovered and audited: as predicted');
    await page.goto(`${consoleUrl}/alerts`);
    await alert(false);
    watch('the page is resolved');
  });
});
