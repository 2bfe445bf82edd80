import { parseTimestamp } from './kafka.js';

it.each(['2026-11-29T13:00:00.123Z', '2026-11-29T14:00:00.123+01:00'])('reads %s', (text) => {
  expect(parseTimestamp(text)).toBe(Date.UTC(2026, 10, 29, 13, 0, 0, 123));
});

it.each(['-1', '2001', 'Order 5', '2026-13-45T99:99:99Z', ''])('takes "%s" for no time', (text) => {
  expect(parseTimestamp(text)).toBeUndefined();
});
