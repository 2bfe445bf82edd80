import { ageText, durationText, localDay, localTime } from './relative-time.js';

it.each([
  [-5_000, '0 s'],
  [12_900, '12 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_600_000, '1 h'],
  [47.5 * 3_600_000, '47 h'],
  [72 * 3_600_000, '3 d'],
])('an age of %d ms is %s', (ms, text) => {
  expect(ageText(ms)).toBe(text);
});

it.each([
  [0, '0 ms'],
  [839.6, '840 ms'],
  [1_250, '1.25 s'],
  [12_340, '12.3 s'],
  [125_000, '2 min 5 s'],
  [-125_000, '-2 min 5 s'],
  [3_720_000, '1 h 2 min'],
  [50 * 3_600_000, '2 d 2 h'],
])('a duration of %d ms is %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

it('a time is shown to the millisecond, in the zone of the visitor', () => {
  const local = new Date(2026, 10, 29, 3, 4, 5, 6).toISOString();
  expect(localTime(local)).toBe('03:04:05.006');
  expect(localDay(local)).toBe('2026-11-29');
  expect(localTime('<b>')).toBeNull();
  expect(localDay('')).toBeNull();
});
