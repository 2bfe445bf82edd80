import { sql } from './damage.js';
import { checkout, findings, newId, receiptOf, journal } from './system-under-test.js';

afterAll(async () => {
  await expect(findings()).resolves.toEqual([]);
});

/** A customer as another system stored it. */
async function storedCustomer(email: string, locale: string): Promise<string> {
  const userId = newId('user');
  await sql(
    'payments',
    'INSERT INTO payments.customers (user_id, email, locale) VALUES ($1, $2, $3)',
    [userId, email, locale],
  );
  return userId;
}

async function addressOfReceipt(userId: string): Promise<unknown> {
  const paid = await checkout({ userId, email: `${userId}@token.example` });
  expect(paid.status).toBe(201);
  const paymentId = String(paid.json['id']);
  await receiptOf(paymentId);
  return (await journal('mails', { paymentId }))[0]?.['to'];
}

it.each(['de_DE', 'de_DE.UTF-8@euro', 'C', 'no locale at all', '', '\u0001'])(
  'a customer whose stored locale is %j gets the receipt',
  async (locale) => {
    const address = `${newId('r&d')}@example.com`;
    await expect(addressOfReceipt(await storedCustomer(address, locale))).resolves.toBe(address);
  },
);

it.each(['', 'no-address', 'a@example.com, b@example.com', 'a@example.com\r\nBcc: b@example.com'])(
  "a customer whose stored address is %j gets the receipt at the token's",
  async (address) => {
    const userId = await storedCustomer(address, 'en');
    await expect(addressOfReceipt(userId)).resolves.toBe(`${userId}@token.example`);
  },
);
