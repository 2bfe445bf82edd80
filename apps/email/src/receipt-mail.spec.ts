import { CURRENCIES, minorDigits } from '@effectively-once/contracts/money';
import { aPayment } from '@effectively-once/delivery/testing';
import { receiptMail } from './receipt-mail.js';

const lineOf = (amountMinor: number, currency: string, locale = 'en') => {
  const payment = { ...aPayment(), amountMinor, currency };
  const recipient = { userId: payment.userId, receiptEmail: 'alice@example.com', locale };
  const [line = ''] = receiptMail(payment, recipient, '<m@example>').text.split('\n');
  return line.replaceAll('\u00a0', ' ');
};

it.each([
  [1299, 'EUR', 'en', '€12.99'],
  [1299, 'EUR', 'de', '12,99 €'],
  [500_000, 'HUF', 'en', 'HUF 5,000.00'],
  [1299, 'ISK', 'en', 'ISK 1,299'],
  [1299, 'IQD', 'en', 'IQD 1.299'],
  [500, 'MGA', 'en', 'MGA 5.00'],
])('%d minor units of %s are written in %s as %s', (amountMinor, currency, locale, text) => {
  expect(lineOf(amountMinor, currency, locale)).toBe(`We received your payment of ${text}.`);
});

it.each(CURRENCIES)('a receipt in %s shows exactly the digits that were paid', (currency) => {
  const amount = /([\d,]+)(?:\.(\d+))?\.$/.exec(lineOf(1_234_567_890, currency)) ?? [];
  const [, whole = '', decimals = ''] = amount;
  expect(whole.replaceAll(/\D/g, '') + decimals).toBe('1234567890');
  expect(decimals).toHaveLength(minorDigits(currency));
});
