import fc from 'fast-check';
import { addressFault, usableLocale } from './recipient.js';

it.each([
  'alice@example.com',
  'r&d@example.com',
  "o'brien+tag@example.com",
  '{curly}|pipe%percent!bang@example.com',
  'a@b.co',
  '-@example.com',
  'user@example.xn--p1ai',
  'user@xn--bcher-kva.example',
  `${'l'.repeat(64)}@example.com`,
  `a@${'d'.repeat(63)}.${'d'.repeat(63)}.${'d'.repeat(63)}.example.com`,
])('%s is an address', (address) => {
  expect(addressFault(address)).toBeUndefined();
});

it.each([
  ['no-address', /must be/],
  ['', /must be/],
  ['a@b', /must be/],
  ['a@@example.com', /must be/],
  ['.a@example.com', /must be/],
  ['a..b@example.com', /must be/],
  ['a@-example.com', /must be/],
  ['a@example.com.', /must be/],
  ['a@127.0.0.1', /must be/],
  ['a b@example.com', /must be/],
  ['a@example.com,b@example.com', /must be/],
  ['Alice <a@example.com>', /must be/],
  ['a@example.com\r\nBcc: b@example.com', /must be/],
  ['a\u0000@example.com', /outside ASCII|must be/],
  ['\ud800@example.com', /outside ASCII/],
  ['jörg@example.com', /SMTPUTF8/],
  ['joerg@bücher.example', /xn--/],
  ['"a b"@example.com', /quoted/],
  ['a@[127.0.0.1]', /IP address/],
  [`${'l'.repeat(65)}@example.com`, /too long/],
  [`a@${'d'.repeat(63)}.`.repeat(4) + 'example.com', /must be|too long/],
  [`a@${`${'d'.repeat(63)}.`.repeat(4)}com`, /too long/],
])('%j is refused, with the reason', (address, why) => {
  expect(addressFault(address)).toMatch(why);
});

it.each([
  ['de', 'de'],
  ['de-DE', 'de-DE'],
  ['de_DE', 'de-DE'],
  ['de_DE.UTF-8', 'de-DE'],
  ['de_DE@euro', 'de-DE'],
  ['zh_Hant_TW', 'zh-Hant-TW'],
  ['C', 'en'],
  ['POSIX', 'en'],
  ['qq-XX', 'en'],
  ['', 'en'],
  ['\ud800', 'en'],
  ['de\u0000', 'en'],
  ['x'.repeat(10_000), 'en'],
])('the locale %j is used as %s', (stored, used) => {
  expect(usableLocale(stored)).toBe(used);
});

it('every text gives a locale in which a number can be written', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[a-zA-Z_.@-]*$/)),
      (text) => {
        const locale = usableLocale(text);
        return new Intl.NumberFormat(locale).format(1) !== '' && usableLocale(locale) === locale;
      },
    ),
  );
});
