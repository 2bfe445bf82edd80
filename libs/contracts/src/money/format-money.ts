import { minorDigits } from './minor-digits.js';

/**
 * Minor units as an amount with its currency: 1299 EUR is €12.99. Exact for any number of digits.
 *
 * @param amountMinor whole minor units in decimal.
 * @param locale the system's own by default.
 */
export function formatMoney(amountMinor: string, currency: string, locale?: string): string {
  if (!/^-?\d+$/.test(amountMinor)) return `${amountMinor} ${currency}`;
  const count = minorDigits(currency);
  const decimal = shift(amountMinor, count);
  try {
    const format = new Intl.NumberFormat(locale, {
      style: 'currency',
      currency,
      minimumFractionDigits: count,
      maximumFractionDigits: count,
    });
    // A string is formatted without passing through a floating point number.
    return format.format(decimal as Intl.StringNumericLiteral);
  } catch {
    // Not the form of a currency code. It comes from outside and is shown as it is.
    return `${decimal} ${currency}`;
  }
}

function shift(amountMinor: string, count: number): string {
  const sign = amountMinor.startsWith('-') ? '-' : '';
  const whole = amountMinor.slice(sign.length).padStart(count + 1, '0');
  if (count === 0) return sign + whole;
  return `${sign}${whole.slice(0, -count)}.${whole.slice(-count)}`;
}
