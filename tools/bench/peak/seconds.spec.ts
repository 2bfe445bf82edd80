import { percentile } from '../statistics/spread.js';
import { Seconds } from './seconds.js';

it('counts a checkout in the second in which it was due, however late its answer is', () => {
  const seconds = new Seconds();
  seconds.record('accepted', 999, 5_000);
  seconds.record('refused', 1_000, 3);
  seconds.record('accepted', 1_500, 10);
  seconds.record('accepted', 1_600, 30);
  expect(seconds.bySecond()).toEqual([
    {
      second: 0,
      offered: 1,
      accepted: 1,
      refused: 0,
      other: 0,
      acceptedP50Ms: 5_000,
      acceptedP99Ms: 5_000,
      refusedP99Ms: NaN,
    },
    {
      second: 1,
      offered: 3,
      accepted: 2,
      refused: 1,
      other: 0,
      acceptedP50Ms: 10,
      acceptedP99Ms: 30,
      refusedP99Ms: 3,
    },
  ]);
  expect(seconds.percentileMs('accepted', 0.5)).toBe(30);
  expect(seconds.percentileMs('other', 0.99)).toBeNaN();
});

it('a percentile is a value that was measured', () => {
  const values = Array.from({ length: 100 }, (_, n) => 100 - n);
  expect([0, 0.5, 0.99, 1].map((quantile) => percentile(values, quantile))).toEqual([
    1, 50, 99, 100,
  ]);
  expect(percentile([], 0.5)).toBeNaN();
});
