import { CURRENCIES, isCurrency, majorUnits } from './currencies.js';
import { minorDigits } from './minor-digits.js';

const known = new Set(Intl.supportedValuesOf('currency'));
const digitsOfIntl = (currency: string) =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions()
    .maximumFractionDigits;

// Shops in these countries write no decimals, and Intl follows them. ISO 4217 has the minor unit.
const WRITTEN_WITHOUT_DECIMALS = new Set(
  'AFN ALL COP HUF IDR IQD IRR KPW LAK LBP MGA MMK PKR RSD SOS SYP TZS YER'.split(' '),
);

it.each(CURRENCIES.filter((currency) => known.has(currency)))(
  'Intl, as a second source, has the same digits for %s, or shops write none',
  (currency) => {
    const digits = digitsOfIntl(currency);
    if (WRITTEN_WITHOUT_DECIMALS.has(currency))
      expect([0, minorDigits(currency)]).toContain(digits);
    else expect(minorDigits(currency)).toBe(digits);
  },
);

it('Intl knows every currency of the table but funds, new ones, and VED of the central bank', () => {
  const unknown = CURRENCIES.filter((currency) => !known.has(currency));
  const funds = 'BOV CHE CHW CLF COU MXV USN UYI UYW'.split(' ');
  expect([...funds, 'VED', 'XCG', 'ZWG']).toEqual(expect.arrayContaining(unknown));
});

it('the table has every code that Intl knows and a customer can still pay with', () => {
  const past = 'ANG BGN CUC HRK SLL STD SVC VEF ZWL'.split(' ');
  const units = 'XDR XSU'.split(' ');
  const missing = [...known].filter((currency) => !isCurrency(currency));
  expect([...past, ...units]).toEqual(expect.arrayContaining(missing));
});

it('a code of the past, a metal and a code for testing are no currencies', () => {
  expect(['DEM', 'BGN', 'XAU', 'XTS', 'XXX', 'eur', ''].filter(isCurrency)).toEqual([]);
});

it.each([
  [1299, 'EUR', 12],
  [1299, 'JPY', 1_299],
  [1299, 'ISK', 1_299],
  [1299, 'KWD', 1],
  [1299, 'HUF', 12],
  [12_999, 'CLF', 1],
  [99, 'USD', 0],
  [9_999_999_999, 'EUR', 99_999_999],
])('%d minor units of %s are %d whole major units', (amountMinor, currency, whole) => {
  expect(majorUnits(amountMinor, currency)).toBe(whole);
});
