import { BurstMeter, dueAfter } from './burst.js';

it('a burst is an even stream and ends at its plan', () => {
  expect([0, 99, 100, 550, 5_000].map((ms) => dueAfter(ms, 10, 20))).toEqual([1, 1, 2, 6, 20]);
});

it('a burst counts its answers and their durations', () => {
  const meter = new BurstMeter(101);
  expect(meter.result()).toMatchObject({ medianMs: null, p95Ms: null, longestMs: null });
  for (let ms = 1; ms <= 100; ms += 1) {
    meter.send();
    if (ms <= 99) meter.answer(ms % 10 === 0 ? '409' : '201', ms);
  }
  meter.skip();
  expect(meter.open).toBe(1);
  expect(meter.result()).toEqual({
    planned: 101,
    sent: 100,
    skipped: 1,
    answers: { '201': 90, '409': 9 },
    medianMs: 50,
    p95Ms: 95,
    longestMs: 99,
  });
});
