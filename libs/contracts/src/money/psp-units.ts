import { minorDigits } from './minor-digits.js';

/*
 * What the PSP takes, and in which units. Source: https://docs.stripe.com/currencies, "presentment
 * currencies", "zero-decimal", "three-decimal", "special cases" and "maximum charge amounts". HUF
 * and TWD are special for payouts only. Stripe's minimum is not here: it depends on the currency of
 * the merchant's bank account and on the exchange rate, so only Stripe knows it.
 */
const words = (text: string): Set<string> => new Set(text.split(/\s+/));

const ZERO_DECIMAL = words('BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF');
const THREE_DECIMAL = words('BHD JOD KWD OMR TND');
// Whole units only, but written with two decimals that are always 00: 5 ISK is 500.
const ALWAYS_00 = words('ISK UGX');
const TWO_DECIMAL = words(`AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BWP
  BYN BZD CAD CDF CHF CNY COP CRC CVE CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD
  HKD HNL HTG HUF IDR ILS INR JMD KES KGS KHR KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP
  MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD
  SCR SEK SGD SHP SLE SOS SRD SZL THB TJS TOP TRY TTD TWD TZS UAH USD UYU UZS WST XCD XCG YER ZAR
  ZMW`);

const UNITS_MAX = 99_999_999;
const UNITS_MAX_IDR = 999_999_999_999;

/** By how many digits an amount in the PSP's units is longer than in ISO's minor units. */
function moreDigits(currency: string): number {
  if (ZERO_DECIMAL.has(currency)) return -minorDigits(currency);
  if (ALWAYS_00.has(currency)) return 2 - minorDigits(currency);
  return 0;
}

/** An amount as the PSP is asked for it: 500 ISK is 50000, 5.00 MGA is 5. */
export function toPspUnits(amountMinor: number, currency: string): number {
  return scaled(amountMinor, moreDigits(currency));
}

/** The minor units of what the PSP says it took. A fraction if no amount of ours gives it. */
export function fromPspUnits(units: number, currency: string): number {
  return scaled(units, -moreDigits(currency));
}

// A division by a power of ten and not a multiplication by its inverse, which is no exact double.
const scaled = (amount: number, digits: number): number =>
  digits < 0 ? amount / 10 ** -digits : amount * 10 ** digits;

/** Why the PSP would refuse this amount. Undefined: it takes it. */
export function pspRefusal(
  amountMinor: number,
  currency: string,
): { field: 'currency' | 'amountMinor'; why: string } | undefined {
  const taken = [ZERO_DECIMAL, THREE_DECIMAL, ALWAYS_00, TWO_DECIMAL];
  if (!taken.some((codes) => codes.has(currency))) {
    return { field: 'currency', why: 'is not taken by the payment provider' };
  }
  const amount = (why: string) => ({ field: 'amountMinor' as const, why });
  const max = currency === 'IDR' ? UNITS_MAX_IDR : UNITS_MAX;
  const units = toPspUnits(amountMinor, currency);
  if (!Number.isInteger(units)) {
    const step = 10 ** minorDigits(currency);
    return amount(`must be a multiple of ${step}: the payment provider takes whole ${currency}`);
  }
  if (THREE_DECIMAL.has(currency) && units % 10 !== 0) {
    return amount('must end in 0: the payment provider takes two decimals of this currency');
  }
  if (units > max) return amount(`must be at most ${Math.floor(fromPspUnits(max, currency))}`);
  return undefined;
}
