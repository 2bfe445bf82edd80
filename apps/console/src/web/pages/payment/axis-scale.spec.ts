import { axisScale, labelRows } from './axis-scale.js';

describe('the time axis of a payment', () => {
  it('is true to scale when there is no long wait', () => {
    const scale = axisScale([1_000, 1_050, 1_100, 1_200]);
    expect(scale.breaks).toEqual([]);
    expect([1_000, 1_050, 1_100, 1_200].map(scale.at)).toEqual([0, 0.25, 0.5, 1]);
    expect(scale.at(900)).toBe(0);
    expect(scale.at(9_999)).toBe(1);
  });

  it('leaves an hour of waiting out, and keeps the work before and after it to scale', () => {
    const hour = 3_600_000;
    const scale = axisScale([0, 50, 100, 100 + hour, 200 + hour]);
    expect(scale.breaks).toEqual([
      { from: expect.closeTo(0.4625), to: expect.closeTo(0.5375), ms: hour },
    ]);
    expect(scale.at(50)).toBeCloseTo(0.23125);
    expect(scale.at(100 + hour)).toBeCloseTo(0.5375);
    expect(scale.at(200 + hour)).toBeCloseTo(1);
  });

  it('keeps the order of all times, and stays between 0 and 1', () => {
    const times = [0, 3, 12, 64, 71, 142, 156, 158, 190, 1_190, 1_260, 2_260, 400_000, 9_000_000];
    const places = times.map(axisScale(times).at);
    expect([...places].sort((one, other) => one - other)).toEqual(places);
    expect(new Set(places).size).toBe(times.length);
    expect([places[0], places.at(-1)]).toEqual([0, expect.closeTo(1)]);
    expect(axisScale(times).breaks.length).toBeLessThanOrEqual(4);
  });

  it('has ticks at round offsets that do not touch each other', () => {
    const { ticks } = axisScale([5, 105, 205, 3_600_205, 3_600_305]);
    expect(ticks.length).toBeGreaterThan(3);
    expect(ticks.every(({ ms }) => ms % 50 === 0)).toBe(true);
    const apart = ticks.slice(1).map(({ at }, index) => at - ticks[index]!.at);
    expect(Math.min(...apart)).toBeGreaterThanOrEqual(0.07);
  });

  it.each([[[]], [[7]], [[7, 7]], [[0, 100_000]]])('does not fail for %j', (times) => {
    const scale = axisScale(times);
    expect(scale.breaks).toEqual([]);
    expect([...times, 7].map(scale.at).every((place) => place >= 0 && place <= 1)).toBe(true);
  });
});

it('labels that would overlap go into rows below each other', () => {
  const extents = [
    { from: 0, to: 50 },
    { from: 10, to: 60 },
    { from: 50, to: 90 },
    { from: 55, to: 70 },
    { from: 60, to: 80 },
  ];
  expect(labelRows(extents)).toEqual([0, 1, 0, 2, 1]);
  expect(labelRows([])).toEqual([]);
});
