import { minorDigits, OTHER_THAN_TWO } from './minor-digits.js';

/**
 * The currencies of ISO 4217 by the digits of their minor unit. Source: list one of SIX, the
 * standard's maintenance agency, of 2024-06-25, and the changes since: XCG replaced ANG (2025-03),
 * the euro BGN (2026-01). Without metals and codes for testing, which have no minor unit.
 *
 * We do not ask Intl. It has the digits that shops write, which differ from ISO's for a dozen
 * currencies, and another version of Node.js has others. It also knows currencies of the past.
 */
const WITH_TWO_DIGITS = `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
  CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD
  HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK
  MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD
  RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS
  UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG`;

export const CURRENCIES: readonly string[] = [
  ...Object.values(OTHER_THAN_TWO),
  WITH_TWO_DIGITS,
].flatMap((codes) => codes.split(/\s+/));

const KNOWN = new Set(CURRENCIES);

export const isCurrency = (code: string): boolean => KNOWN.has(code);

/** The whole major units in an amount; the remainder is dropped: 12 for 12.99 EUR. */
export function majorUnits(amountMinor: number, currency: string): number {
  return Math.floor(amountMinor / 10 ** minorDigits(currency));
}
