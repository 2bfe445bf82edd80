import { jest } from '@jest/globals';
import { captureByHand, sql } from './damage.js';
import { npmRun, type Ended } from './npm-run.js';
import { checkout, findings, newId } from './system-under-test.js';

// Each test starts a process that reads every store.
jest.setTimeout(120_000);

let victim: string;

beforeAll(async () => {
  const paid = await checkout({ userId: newId('audited') });
  victim = paid.json['id'] as string;
  await expect(findings()).resolves.toEqual([]);
});

afterAll(async () => {
  // Damage left unrepaired would be a violation in the next story.
  await expect(findings()).resolves.toEqual([]);
});

describe('npm run audit', () => {
  const audit = (changed?: Record<string, string>, more: string[] = []): Promise<Ended> =>
    npmRun('audit', ['--settle-limit=0', ...more], changed);

  it('exits 0 when nothing is violated', async () => {
    await expect(audit()).resolves.toMatchObject({ code: 0 });
  });

  it('exits 1 and names the payment when an invariant is violated', async () => {
    const setStoredStatus = (status: number) =>
      sql(
        'payments',
        'UPDATE payments.idempotency_keys SET response_status = $2 WHERE payment_id = $1',
        [victim, status],
      );
    await setStoredStatus(402);
    const { code, output } = await audit().finally(() => setStoredStatus(201));
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining(victim) });
  });

  it('--since names recent violations, and a duplicate of an older payment', async () => {
    const setAge = (minutes: number) =>
      sql(
        'payments',
        `UPDATE payments.payments SET created_at = created_at - $2 * interval '1 minute',
           completed_at = completed_at - $2 * interval '1 minute' WHERE id = $1`,
        [victim, minutes],
      );
    const { refund } = await captureByHand({ paymentId: victim, amountMinor: 1299 });
    const [lately, older] = await auditTwice().finally(refund);
    expect(lately).toMatchObject({
      code: 1,
      output: expect.stringContaining(`${victim}  captured 2`),
    });
    expect(older).toMatchObject({
      code: 1,
      output: expect.stringContaining(`${victim}  captured 2`),
    });
    await expect(audit({}, ['--since=5m'])).resolves.toMatchObject({ code: 0 });

    async function auditTwice() {
      const lately = await audit({}, ['--since=5m']);
      await setAge(60);
      return [lately, await audit({}, ['--since=5m']).finally(() => setAge(-60))];
    }
  });

  it('exits 2 and names the store when one cannot be read', async () => {
    await expect(audit({ REDIS_URL: 'redis://127.0.0.1:1' })).resolves.toMatchObject({
      code: 2,
      output: expect.stringContaining('cannot read Redis'),
    });
  });
});
