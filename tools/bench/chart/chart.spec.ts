import { barChart } from './bar-chart.js';
import { lineChart } from './line-chart.js';
import { shownNumber, ticksUpTo } from './ticks.js';

const attributes = (svg: string, name: string) =>
  [...svg.matchAll(new RegExp(` ${name}="([^"]*)"`, 'g'))].map(([, value]) => value);

it('has ticks at round numbers, up to the first that is not below the maximum', () => {
  expect(ticksUpTo(90)).toEqual([0, 20, 40, 60, 80, 100]);
  expect(ticksUpTo(0.3)).toEqual([0, 0.1, 0.2, 0.3]);
  expect(ticksUpTo(1_150)).toEqual([0, 250, 500, 750, 1_000, 1_250]);
});

it.each([[0], [-1], [NaN]])('has a scale even if the maximum is %p', (max) => {
  expect(ticksUpTo(max)).toEqual([0, 1]);
});

it('writes numbers as a reader does', () => {
  expect([0, 0.071, 4.5, 12.34, 12_345.6].map(shownNumber)).toEqual([
    '0',
    '0.07',
    '4.5',
    '12.3',
    '12,346',
  ]);
});

describe('bars', () => {
  const panel = {
    title: 'payments/s',
    bars: [
      { label: 'a', value: 100 },
      { label: 'b', value: 50, spread: { min: 40, max: 60 } },
    ],
  };

  it('are as long as their values, and a label keeps its colour in every panel', () => {
    const panels = [panel, { ...panel, bars: panel.bars.toReversed() }];
    const svg = barChart({ title: 'one', panels });
    const bars = [...svg.matchAll(/class="fill(\d)" .*? width="([\d.]+)"/g)];
    const [first, second, third] = bars.map(([, color, width]) => ({
      color,
      width: Number(width),
    }));
    expect(first!.width).toBeCloseTo(2 * second!.width, 0);
    expect(third).toEqual(second);
    expect(first!.color).not.toBe(second!.color);
  });

  it('show the text that stands for a value, and no mark-up of a label', () => {
    const bars = [{ label: 'a<b & "c"', value: 0, shown: 'lost 3' }];
    const svg = barChart({ title: 'one', panels: [{ title: 'x', bars }] });
    expect(svg).toContain('a&lt;b &amp; &quot;c&quot;');
    expect(svg).toContain('lost 3');
  });

  it('are refused if there are more labels than colours', () => {
    const bars = Array.from({ length: 7 }, (_, n) => ({ label: String(n), value: n }));
    expect(() => barChart({ title: 'one', panels: [{ title: 'x', bars }] })).toThrow('at most 6');
  });
});

describe('lines', () => {
  const points = [
    { x: 0, y: 0 },
    { x: 10, y: NaN },
    { x: 20, y: 100 },
    { x: 40, y: 50 },
  ];
  const chart = {
    title: 'one',
    x: { label: 'time (s)' },
    y: { label: 'payments/s' },
    series: [{ name: 'accepted', points }],
  };

  it('go through their points, and are interrupted where there is no number', () => {
    const [path = ''] = attributes(lineChart(chart), 'd');
    expect(path.match(/[ML]/g)).toEqual(['M', 'M', 'L']);
    const ys = [...path.matchAll(/ (-?[\d.]+)/g)].map(([, y]) => Number(y));
    expect(ys[0]! - ys[2]!).toBeCloseTo((ys[0]! - ys[1]!) / 2, 0);
  });

  it('have a legend, both axes with their units, marks, and both themes', () => {
    const svg = lineChart({
      ...chart,
      subtitle: 'on 2 cores',
      marks: [{ x: 20, label: 'kill -9' }],
    });
    for (const words of ['accepted', 'time (s)', 'payments/s', 'kill -9', 'on 2 cores'])
      expect(svg).toContain(`>${words}</text>`);
    expect(svg).toContain('prefers-color-scheme:dark');
  });

  it('draw nothing for a series without points', () => {
    const svg = lineChart({ ...chart, series: [{ name: 'accepted', points: [] }] });
    expect(attributes(svg, 'd')).toEqual([]);
  });

  it('are refused if there are more of them than colours', () => {
    const series = Array.from({ length: 7 }, (_, n) => ({ name: String(n), points }));
    expect(() => lineChart({ ...chart, series })).toThrow('at most 6');
  });
});
