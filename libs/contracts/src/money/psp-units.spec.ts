import fc from 'fast-check';
import { CURRENCIES } from './currencies.js';
import { minorDigits } from './minor-digits.js';
import { fromPspUnits, pspRefusal, toPspUnits } from './psp-units.js';

it.each([
  // The examples of Stripe's documentation.
  [1_000, 'USD', 1_000],
  [500, 'JPY', 500],
  [5, 'ISK', 500],
  [5, 'UGX', 500],
  // Others.
  [500_000, 'HUF', 500_000],
  [80_045, 'TWD', 80_045],
  [500, 'MGA', 5],
  [5_120, 'KWD', 5_120],
  [9_999_999_999, 'IDR', 9_999_999_999],
])('the PSP is asked for %d minor units of %s with %d', (amountMinor, currency, units) => {
  expect(pspRefusal(amountMinor, currency)).toBeUndefined();
  expect(toPspUnits(amountMinor, currency)).toBe(units);
  expect(fromPspUnits(units, currency)).toBe(amountMinor);
});

it.each([
  [5_124, 'KWD', 'amountMinor', /end in 0/],
  [1, 'BHD', 'amountMinor', /end in 0/],
  [520, 'MGA', 'amountMinor', /multiple of 100/],
  [100_000_000, 'USD', 'amountMinor', /at most 99999999$/],
  [1_000_000, 'ISK', 'amountMinor', /at most 999999$/],
  [9_999_999_999, 'MGA', 'amountMinor', /multiple of 100/],
  [1_000, 'IQD', 'currency', /not taken/],
  [1_000, 'XXX', 'currency', /not taken/],
])('%d minor units of %s are refused for their %s', (amountMinor, currency, field, why) => {
  const refusal = pspRefusal(amountMinor, currency);
  expect(refusal).toMatchObject({ field });
  expect(refusal?.why).toMatch(why);
});

it.each(CURRENCIES)('every amount of %s that the PSP takes comes back as it was', (currency) => {
  const step = 10 ** minorDigits(currency);
  const comesBack = (amountMinor: number): boolean => {
    const units = toPspUnits(amountMinor, currency);
    return Number.isSafeInteger(units) && fromPspUnits(units, currency) === amountMinor;
  };
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 99_999_999 }), (number) =>
      [number, number * step].every((each) => pspRefusal(each, currency) || comesBack(each)),
    ),
  );
});
