/**
 * Currencies whose minor unit is not a hundredth (ISO 4217, list one). We do not ask Intl for it:
 * its data say how prices are written in shops, and differ from ISO for IQD and a dozen others.
 */
const DIGITS: Record<string, number> = {};
const digits = (count: number, currencies: string) => {
  for (const currency of currencies.split(' ')) DIGITS[currency] = count;
};
digits(0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF');
digits(3, 'BHD IQD JOD KWD LYD OMR TND');
digits(4, 'CLF UYW');

export const minorDigits = (currency: string): number => DIGITS[currency] ?? 2;

/**
 * Minor units as an amount with its currency: 1299 EUR is €12.99. Exact for any number of digits.
 *
 * @param amountMinor whole minor units in decimal.
 * @param locale the visitor's own by default.
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
