import { reconnectDelayMs } from './reconnect-delay.js';

describe('the wait before the next connection', () => {
  it('doubles from half a second, and ends at 15 s', () => {
    const longest = [1, 2, 3, 4, 5, 6, 50].map((failures) => reconnectDelayMs(failures, 1));
    expect(longest).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  });

  it('is spread over the upper half of its step', () => {
    expect(reconnectDelayMs(3, 0)).toBe(1_000);
    expect(reconnectDelayMs(3, 0.5)).toBe(1_500);
  });
});
