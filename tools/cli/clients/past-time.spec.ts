import { pastTime } from './past-time.js';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const timeOf = (text: string) => pastTime(text, NOW).toISOString();

it.each([
  ['90s', '2026-11-20T11:58:30.000Z'],
  ['30m', '2026-11-20T11:30:00.000Z'],
  ['2h', '2026-11-20T10:00:00.000Z'],
  ['2d', '2026-11-18T12:00:00.000Z'],
  ['2026-11-20T11:00:00Z', '2026-11-20T11:00:00.000Z'],
  ['2026-11-20T12:00:00+01:00', '2026-11-20T11:00:00.000Z'],
])('reads %s as a moment of the past', (text, expected) => {
  expect(timeOf(text)).toBe(expected);
});

it.each(['', '2', 'h', '2w', '-2h', '2026-11-20', 'yesterday', '2026-13-20T11:00:00Z'])(
  'refuses %p, and says what it takes',
  (text) => expect(() => timeOf(text)).toThrow('must be an ISO time like'),
);

it('refuses the future', () => {
  expect(() => timeOf('2026-11-20T12:00:01Z')).toThrow('must not be in the future');
});
