import { formatMoney } from './format-money.js';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');

it.each([
  ['1299', 'EUR', '€12.99'],
  ['1299', 'JPY', '¥1,299'],
  ['1299', 'KWD', 'KWD 1.299'],
  ['1299', 'IQD', 'IQD 1.299'],
  ['500000', 'HUF', 'HUF 5,000.00'],
  ['500000', 'ISK', 'ISK 500,000'],
  ['5', 'USD', '$0.05'],
  ['-5', 'USD', '-$0.05'],
  ['0', 'EUR', '€0.00'],
  ['9999999999', 'EUR', '€99,999,999.99'],
  ['900719925474099312345', 'EUR', '€9,007,199,254,740,993,123.45'],
])('writes %s %s as %s', (amount, currency, text) => {
  expect(plain(formatMoney(amount, currency, 'en'))).toBe(text);
});

it('shows what is no amount or no currency as it is', () => {
  expect(formatMoney('<b>', 'EUR', 'en')).toBe('<b> EUR');
  expect(formatMoney('1299', '<b>', 'en')).toBe('12.99 <b>');
});
