import { bytes, count, rate, seconds } from './numbers.js';

it('shows what was not recorded as a dash and not as zero', () => {
  expect([count(null), rate(null), seconds(null), bytes(null)]).toEqual(['–', '–', '–', '–']);
});

it.each([
  [count('9007199254740993'), '9,007,199,254,740,993'],
  [count(1_203), '1,203'],
  [count('<b>'), '<b>'],
  [rate(0), '0'],
  [rate(0.001), '<0.01'],
  [rate(0.25), '0.25'],
  [rate(3.21), '3.2'],
  [rate(1_150.4), '1,150'],
  [seconds(0), '0 s'],
  [seconds(0.42), '0.4 s'],
  [seconds(61.2), '61 s'],
  [seconds(185), '3 min 5 s'],
  [seconds(7_260), '2 h 1 min'],
  [bytes('0'), '0 B'],
  [bytes('1023'), '1023 B'],
  [bytes('1536'), '1.5 KiB'],
  [bytes(512 * 1_024 * 1_024), '512 MiB'],
])('writes %s', (written, text) => {
  expect(written).toBe(text);
});
