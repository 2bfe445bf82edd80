import { waitUntil } from '@effectively-once/testing';
import { jest } from '@jest/globals';
import type { Reconciled } from '@effectively-once/reconcile/reconcile';
import { untilDrained, withFrozen } from './fault-injection.js';
import { npmRun, type Ended } from './npm-run.js';
import { checkout, findings, newId } from './system-under-test.js';

// Each run starts a process that reads every store.
jest.setTimeout(120_000);

afterAll(async () => {
  await expect(findings()).resolves.toEqual([]);
});

const reconcile = (options: string[], changed?: Record<string, string>): Promise<Ended> =>
  npmRun('reconcile', options, changed);

/** The totals of the four stores for one user. All other tests pay on the same day. */
async function reconciledFor(userId: string, day: string) {
  const { out } = await reconcile(['--day', day, '--json']);
  const { totals, differences } = JSON.parse(out) as Reconciled;
  const own = <Row extends { userId: string }>(rows: Row[]) =>
    rows.filter((row) => row.userId === userId);
  return { totals: own(totals), differences: own(differences) };
}

it('late points are a difference, and the next run has no difference', async () => {
  const userId = newId('late');
  let day = '';
  await withFrozen(['loyalty'], async () => {
    const paid = await checkout({ userId, body: { amountMinor: 700 } });
    day = String(paid.json['completedAt']).slice(0, 10);
    await waitUntil(
      'the document',
      async () => (await reconciledFor(userId, day)).totals.length === 3,
    );
    expect((await reconciledFor(userId, day)).differences).toMatchObject([
      { currency: 'EUR', says: { payments: { payments: 1, amountMinor: '700' } } },
    ]);
  });
  await untilDrained();
  const after = await reconciledFor(userId, day);
  expect(after.differences).toEqual([]);
  expect(after.totals.map(({ source, amountMinor }) => `${source} ${amountMinor}`)).toEqual([
    'payments 700',
    'psp 700',
    'points 700',
    'documents 700',
  ]);
  await expect(reconciledFor(userId, day)).resolves.toEqual(after);
});

it('an invalid day is refused, and a store that cannot be read is named', async () => {
  await expect(reconcile(['--day', '2026-02-30'])).resolves.toMatchObject({
    code: 2,
    err: expect.stringContaining('"2026-02-30" is not a day'),
  });
  const today = new Date().toISOString().slice(0, 10);
  const unreachable = { ELASTICSEARCH_URL: 'http://127.0.0.1:1' };
  await checkout({ userId: newId('unread') });
  await expect(reconcile(['--day', today], unreachable)).resolves.toMatchObject({
    code: 2,
    err: expect.stringContaining('the search index cannot be read'),
  });
});
