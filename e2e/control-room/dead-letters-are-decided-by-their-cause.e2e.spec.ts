import { randomUUID } from 'node:crypto';
import { DLQ_HEADERS } from '@effectively-once/contracts';
import { waitUntil } from '@effectively-once/testing';
import { jest } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { untilDrained } from '../fault-injection.js';
import { consoleDiesAt, letterOf, lettersOf, operatorGet } from '../operator.js';
import { decide } from '../pager.js';
import { findings, journal, newId, pay, receiptOf } from '../system-under-test.js';
import { expectGood } from './accessible.js';
import { describeInBrowser, LOOKS, operatorPage, useBrowser } from './browser.js';
import {
  countInput,
  discardPending,
  finishedAction,
  forecastOn,
  refusedReceipts,
  writeDeadLetter,
  writeEventAsDeadLetter,
} from './dead-letters.js';

jest.setTimeout(180_000);

const REFUSED = '/dead-letters?consumer=email&errorClass=permanent&errorName=RecipientRefused';
const TABS_MAX = 80;

const dryRun = (page: Page) => page.getByRole('button', { name: 'Dry run' });
const mailedTo = async (address: string) =>
  (await journal('mails', { address })).map(({ paymentId }) => String(paymentId));

describeInBrowser('the page of dead letters', () => {
  useBrowser();
  beforeEach(async () => await discardPending('email'));
  afterAll(async () => await expect(findings()).resolves.toEqual([]));

  it('a dry run counts what will be sent, absorbed and stopped, and the redrive does just that', async () => {
    const [anna, ben] = [newId('user'), newId('user')];
    const { address, ids } = await refusedReceipts([anna, ben, anna, anna]);
    const mailed = await pay(newId('user'));
    await receiptOf(mailed);
    await writeEventAsDeadLetter(mailed);
    const stopped = randomUUID();
    await writeDeadLetter(stopped, { headers: { [DLQ_HEADERS.redriveCount]: '3' } });

    const page = await operatorPage('/dead-letters');
    const cause = page.locator('tr[data-cause=RecipientRefused]', { hasText: 'email' });
    await cause.getByRole('link').click();
    await dryRun(page).click();
    await expect(forecastOn(page)).resolves.toEqual({
      'to-send': 4,
      absorbed: 1,
      'loop-guard': 1,
    });
    const redrive = page.getByRole('button', { name: 'Redrive 5' });
    await expect(redrive.isDisabled()).resolves.toBe(true);
    await countInput(page, 5).fill('4');
    await expect(redrive.isDisabled()).resolves.toBe(true);
    await countInput(page, 5).fill('5');
    await redrive.click();
    await expect(finishedAction(page)).resolves.toContain('5 of 5 redriven');
    await untilDrained();

    const receipts = await mailedTo(address);
    expect([...receipts].sort()).toEqual([...ids].sort());
    // The order of each user is kept.
    const ofAnna = [ids[0], ids[2], ids[3]];
    expect(receipts.filter((id) => ofAnna.includes(id))).toEqual(ofAnna);
    await expect(journal('mails', { paymentId: mailed })).resolves.toHaveLength(1);
    // From the redriven dead letter to the receipt of its payment.
    await page.locator(`a[href="/payments/${ids[0]}"]`).click();
    await page.locator(`[data-payment="${ids[0]}"] [data-step^="email.effect"]`).first().waitFor();
    await expect(letterOf('email', stopped)).resolves.toMatchObject({ state: 'pending' });
  });

  it('a second operator changes the set in between: nothing is sent, and the page says so', async () => {
    const { address, ids } = await refusedReceipts([newId('user'), newId('user'), newId('user')]);
    const page = await operatorPage(REFUSED);
    await dryRun(page).click();
    await countInput(page, 3).fill('3');
    const { id } = await letterOf('email', ids[0] ?? '');
    await decide('email', 'discard', { ids: [id], reason: 'the second operator' });
    await page.getByRole('button', { name: 'Redrive 3' }).click();
    const problem = page.getByRole('alert');
    await problem.getByText('Nothing was done. You expected to redrive 3, but now').waitFor();
    await expect(problem.textContent()).resolves.toContain('409');
    await expect(mailedTo(address)).resolves.toEqual([]);

    await problem.getByRole('button', { name: 'Retry' }).click();
    await countInput(page, 2).fill('2');
    await page.getByRole('button', { name: 'Redrive 2' }).click();
    await expect(finishedAction(page)).resolves.toContain('2 of 2 redriven');
    await untilDrained();
    expect((await mailedTo(address)).sort()).toEqual(ids.slice(1).sort());
  });

  it('one dead letter is redriven from its detail, after a dry run of it alone', async () => {
    const { address, ids } = await refusedReceipts([newId('user'), newId('user')]);
    const [first = ''] = ids;
    const { id } = await letterOf('email', first);
    const page = await operatorPage(`${REFUSED}&letter=${id}`);
    const detail = page.locator(`[data-letter-detail="${id}"]`);
    await detail.getByRole('button', { name: 'What would a redrive of it do?' }).click();
    await expect(forecastOn(page)).resolves.toMatchObject({ 'to-send': 1, absorbed: 0 });
    await detail.getByRole('button', { name: 'Redrive it' }).click();
    await expect(finishedAction(page)).resolves.toContain('1 of 1 redriven');
    await untilDrained();
    await expect(mailedTo(address)).resolves.toEqual([first]);
    const { items } = await operatorGet<{ items: object[] }>('/api/dlq/actions?limit=1');
    expect(items).toMatchObject([{ kind: 'redrive', done: 1 }]);
  });

  it('one dead letter that another operator has decided about is not redriven again', async () => {
    const { address, ids } = await refusedReceipts([newId('user')]);
    const { id } = await letterOf('email', ids[0] ?? '');
    const page = await operatorPage(`${REFUSED}&letter=${id}`);
    const detail = page.locator(`[data-letter-detail="${id}"]`);
    await detail.getByRole('button', { name: 'What would a redrive of it do?' }).click();
    await decide('email', 'discard', { ids: [id], reason: 'the second operator' });
    await detail.getByRole('button', { name: 'Redrive it' }).click();
    await expect(detail.getByRole('alert').textContent()).resolves.toContain('Nothing was done');
    await expect(mailedTo(address)).resolves.toEqual([]);
  });

  it('the keyboard alone is enough for a redrive', async () => {
    const { address, ids } = await refusedReceipts([newId('user')]);
    const page = await operatorPage('/dead-letters');
    const cause = page.locator('tr[data-cause=RecipientRefused]', { hasText: 'email' });
    await cause.waitFor();
    await tabTo(page, cause.getByRole('link'));
    await page.keyboard.press('Enter');
    await dryRun(page).waitFor();
    await tabTo(page, dryRun(page));
    await page.keyboard.press('Enter');
    // The field has the focus already.
    await countInput(page, 1).and(page.locator(':focus')).waitFor();
    await page.keyboard.type('1');
    await page.keyboard.press('Enter');
    await expect(finishedAction(page)).resolves.toContain('1 of 1 redriven');
    await waitUntil('the receipt', async () => (await mailedTo(address)).length > 0);
    await expect(mailedTo(address)).resolves.toEqual(ids);
  });

  it('the progress of a redrive survives a console that is killed', async () => {
    const { address, ids } = await refusedReceipts([newId('user'), newId('user')]);
    const page = await operatorPage(REFUSED);
    await dryRun(page).click();
    await countInput(page, 2).fill('2');
    const died = consoleDiesAt('after_produce_before_mark');
    await page.getByRole('button', { name: 'Redrive 2' }).click();
    await died;
    await expect(finishedAction(page)).resolves.toContain('2 of 2 redriven');
    await untilDrained();
    expect((await mailedTo(address)).sort()).toEqual([...ids].sort());
  });

  it.each(LOOKS)(
    'has no fault that axe finds at any step, $width px, $colorScheme',
    async (look) => {
      await refusedReceipts([newId('user')]);
      const [{ id } = { id: '' }] = await lettersOf('email');
      const page = await operatorPage(`${REFUSED}&letter=${id}`, look);
      await page.locator(`[data-letter-detail="${id}"] .letter-record`).waitFor();
      await expectGood(page, 'a dead letter');
      await dryRun(page).click();
      await countInput(page, 1).fill('1');
      await expectGood(page, 'the dry run');
      await page.keyboard.press('Enter');
      await finishedAction(page);
      await expectGood(page, 'the redrive');
    },
  );

  it('hostile bytes and headers are shown as text, and discarded with a reason', async () => {
    const markup = '<img src=x onerror="window.ran = true">';
    const paymentId = randomUUID();
    await writeDeadLetter(paymentId, {
      key: Buffer.from(`user ${markup}`),
      value: Buffer.concat([Buffer.from([0x00, 0xff, 0x1b]), Buffer.from(markup)]),
      headers: {
        [DLQ_HEADERS.errorName]: 'Hostile',
        [DLQ_HEADERS.errorClass]: markup,
        [DLQ_HEADERS.errorMessage]: `\u202e\u0000${markup}`,
        [markup]: markup,
      },
    });
    const { id } = await letterOf('email', paymentId);
    const page = await operatorPage(
      `/dead-letters?consumer=email&errorClass=unknown&errorName=Hostile&letter=${id}`,
    );
    const detail = page.locator(`[data-letter-detail="${id}"]`);
    await detail.getByText('00 ff 1b 3c 69 6d 67').waitFor();
    await detail.getByText(markup, { exact: true }).first().waitFor();
    await expect(page.locator('#app img').count()).resolves.toBe(0);
    await expect(page.evaluate('window.ran')).resolves.toBeUndefined();

    await dryRun(page).click();
    await page.getByText('Discard instead').click();
    await page.getByLabel('Reason').fill('bytes of a test');
    await page.getByLabel('Type 1 to discard').fill('1');
    await page.getByRole('button', { name: 'Discard 1' }).click();
    await expect(finishedAction(page)).resolves.toContain('1 of 1 discarded');
    await page.getByText('“bytes of a test”').first().waitFor();
    const { items } = await operatorGet<{ items: object[] }>('/api/dlq/actions?limit=1');
    expect(items).toMatchObject([{ kind: 'discard', reason: 'bytes of a test', done: 1 }]);
    const mine = (await lettersOf('email')).filter((letter) => letter.paymentId === paymentId);
    expect(mine).toMatchObject([{ state: 'discarded' }]);
  });
});

async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let tabs = 0; tabs < TABS_MAX; tabs += 1) {
    await page.keyboard.press('Tab');
    if ((await target.and(page.locator(':focus')).count()) > 0) return;
  }
  throw new Error(`the keyboard does not reach ${String(target)}`);
}
