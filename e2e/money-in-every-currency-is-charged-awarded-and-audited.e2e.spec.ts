import { CURRENCIES, majorUnits, minorDigits } from '@effectively-once/contracts/money';
import type { Reconciled } from '@effectively-once/reconcile/reconcile';
import { waitUntil } from '@effectively-once/testing';
import { jest } from '@jest/globals';
import { untilDrained } from './fault-injection.js';
import { npmRun } from './npm-run.js';
import {
  at,
  checkout,
  customerToken,
  findings,
  get,
  journal,
  newId,
  type Answer,
} from './system-under-test.js';

jest.setTimeout(180_000);

const AT_ONCE = 10;

afterAll(async () => {
  await expect(findings()).resolves.toEqual([]);
});

interface Paid {
  currency: string;
  userId: string;
  amountMinor: number;
  answer: Answer;
}

/** 123 whole units of each currency, and where it has smaller ones, 40 hundredths more. */
const amountOf = (currency: string) => {
  const digits = minorDigits(currency);
  return 123 * 10 ** digits + (digits < 2 ? 0 : 4 * 10 ** (digits - 1));
};

async function payInEveryCurrency(amount: (currency: string) => number): Promise<Paid[]> {
  const all: Paid[] = [];
  for (let from = 0; from < CURRENCIES.length; from += AT_ONCE) {
    const some = CURRENCIES.slice(from, from + AT_ONCE).map(async (currency) => {
      const [userId, amountMinor] = [newId('user'), amount(currency)];
      const answer = await checkout({ userId, body: { amountMinor, currency } });
      return { currency, userId, amountMinor, answer };
    });
    all.push(...(await Promise.all(some)));
  }
  return all;
}

const faultsOf = ({ json }: Answer) =>
  (json['errors'] as { pointer: string; detail: string }[]).map(({ pointer }) => pointer);

it('each amount is charged as the PSP counts, or refused before the charge', async () => {
  const all = await payInEveryCurrency(amountOf);
  const with201 = all.filter(({ answer }) => answer.status === 201);
  const with400 = all.filter(({ answer }) => answer.status === 400);
  // No 402: the PSP refuses nothing that payments has accepted.
  expect([...with201, ...with400]).toHaveLength(CURRENCIES.length);

  const refused = (pointer: string) =>
    with400.filter(({ answer }) => faultsOf(answer)[0] === pointer).map(({ currency }) => currency);
  // 123.40 MGA are 123.4 of the units that the PSP takes.
  expect(refused('/amountMinor')).toEqual(['MGA']);
  expect(refused('/currency')).toEqual(expect.arrayContaining(['IQD', 'LYD', 'CLF', 'KPW', 'USN']));
  expect(with201.length).toBeGreaterThan(130);

  const captured: Record<string, unknown> = {};
  for (const { currency, answer } of with201) {
    const [charge] = await journal('charges', { paymentId: String(answer.json['id']) });
    expect(charge).toMatchObject({ currency, status: 'captured' });
    captured[currency] = charge?.['amountMinor'];
  }
  expect(captured).toMatchObject({
    EUR: 12_340,
    HUF: 12_340,
    TWD: 12_340,
    JPY: 123,
    XOF: 123,
    ISK: 12_300,
    UGX: 12_300,
    KWD: 123_400,
    TND: 123_400,
  });

  for (const { currency, userId, amountMinor } of with201) {
    const token = await customerToken(userId);
    const url = `http://127.0.0.1:${at.LOYALTY_PORT}/v1/users/${userId}/points`;
    const balance = await waitUntil(`the points for ${currency}`, async () => {
      const { json } = await get(url, token);
      return json['balance'] === 0 ? undefined : json['balance'];
    });
    expect([currency, balance]).toEqual([currency, 123]);
    expect(majorUnits(amountMinor, currency)).toBe(123);
  }
});

it('the totals of a day agree in four stores for every currency', async () => {
  const paid = await payInEveryCurrency((currency) => 7 * 10 ** minorDigits(currency));
  const taken = paid.filter(({ answer }) => answer.status === 201);
  expect(taken.map(({ currency }) => currency)).toEqual(
    expect.arrayContaining(['ISK', 'KWD', 'MGA']),
  );
  await untilDrained();
  const day = String(taken[0]?.answer.json['completedAt']).slice(0, 10);
  const { out } = await npmRun('reconcile', ['--day', day, '--json']);
  const { totals, differences } = JSON.parse(out) as Reconciled;
  const users = new Set(taken.map(({ userId }) => userId));
  expect(differences.filter(({ userId }) => users.has(userId))).toEqual([]);
  expect(totals.filter(({ userId }) => users.has(userId))).toHaveLength(4 * taken.length);
});
