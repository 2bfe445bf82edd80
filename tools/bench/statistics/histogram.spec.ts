import { difference, quantileMs } from './histogram.js';

const histogram = [
  { le: 0.01, count: 50 },
  { le: 0.02, count: 90 },
  { le: 0.1, count: 100 },
  { le: Infinity, count: 100 },
];

it('interpolates within a bucket, as Prometheus does', () => {
  expect(quantileMs(histogram, 0.5)).toBeCloseTo(10);
  expect(quantileMs(histogram, 0.7)).toBeCloseTo(15);
  expect(quantileMs(histogram, 0.99)).toBeCloseTo(92);
});

it('subtracts earlier observations', () => {
  const after = histogram.map(({ le, count }) => ({ le, count: count * 2 }));
  expect(difference(after, histogram)).toEqual(histogram);
});

it('has no quantile without observations', () => {
  expect(quantileMs([{ le: Infinity, count: 0 }], 0.5)).toBeNaN();
});
