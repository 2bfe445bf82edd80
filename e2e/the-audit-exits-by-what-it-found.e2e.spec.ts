import { execFile } from 'node:child_process';
import { jest } from '@jest/globals';
import { sql } from './damage.js';
import { at, checkout, findings, newId } from './the-system.js';

// Each test starts a process that reads every store.
jest.setTimeout(120_000);

let victim: string;

beforeAll(async () => {
  const paid = await checkout({ userId: newId('audited') });
  victim = paid.json['id'] as string;
  await expect(findings()).resolves.toEqual([]);
});

describe('npm run audit', () => {
  const inTheSystem = Object.entries({ ...at, KAFKA_BROKERS: at.KAFKA_BROKERS.join() });

  function audit(changed: Record<string, string> = {}): Promise<{ code: number; output: string }> {
    const env = { ...process.env, ...Object.fromEntries(inTheSystem), ...changed };
    const arguments_ = ['infra/run.mjs', 'audit', '--settle-limit=0'];
    return new Promise((resolve) => {
      execFile(process.execPath, arguments_, { env }, (error, out, err) =>
        resolve({ code: Number(error?.code ?? 0), output: out + err }),
      );
    });
  }

  it('exits 0 when nothing is violated', async () => {
    await expect(audit()).resolves.toMatchObject({ code: 0 });
  });

  it('exits 1 and names the payment when something is', async () => {
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

  it('exits 2 and names the store when one cannot be read', async () => {
    await expect(audit({ REDIS_URL: 'redis://127.0.0.1:1' })).resolves.toEqual({
      code: 2,
      output: expect.stringContaining('cannot read Redis'),
    });
  });
});
