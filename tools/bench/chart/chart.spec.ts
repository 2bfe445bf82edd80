import { barChart } from './bar-chart.js';
import { columnsChart } from './columns-chart.js';
import { lineChart } from './line-chart.js';
import { matrixChart } from './matrix-chart.js';
import { scatterGrid } from './scatter-grid.js';
import { stackedCharts } from './stacked.js';
import { swimLanes } from './swim-lanes.js';
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

describe('swim lanes', () => {
  const lane = {
    name: 'member',
    spans: [{ from: 1, to: 4, label: 'frozen' }],
    moments: [{ at: 4, label: 'effect', isRefused: true }],
  };
  const chart = { title: 'one', xLabel: 's', panels: [{ title: 'a', lanes: [lane] }] };

  it('draw a span as long as it took, and a refused moment hollow', () => {
    const svg = swimLanes(chart);
    const twice = { ...lane, spans: [{ from: 0, to: 2, label: 'frozen' }, ...lane.spans] };
    const both = swimLanes({ ...chart, panels: [{ title: 'a', lanes: [twice] }] });
    const widths = [
      ...both.matchAll(/class="fill0" x="[\d.]+" y="[\d.]+" width="([\d.]+)" height="14"/g),
    ];
    const [short, long] = widths.map(([, width]) => Number(width));
    expect(long! / short!).toBeCloseTo(1.5, 1);
    expect(svg).toMatch(/<polygon class="surface axis"/);
  });

  it('are refused if there are more labels than colours', () => {
    const spans = Array.from({ length: 7 }, (_, n) => ({ from: 0, to: 1, label: String(n) }));
    const panels = [{ title: 'a', lanes: [{ ...lane, spans }] }];
    expect(() => swimLanes({ ...chart, panels })).toThrow('at most 6');
  });
});

it('a matrix has one coloured cell for each row and column, and its text says the same', () => {
  const rows = [
    { name: 'a', cells: [{ text: 'decoded', mood: 'good' as const }] },
    { name: 'b', cells: [{ text: 'silently wrong', mood: 'bad' as const }] },
  ];
  const svg = matrixChart({ title: 'one', columns: ['x'], rows });
  expect([...svg.matchAll(/class="fill(\d)"/g)].map(([, color]) => color)).toEqual(['2', '5']);
  expect(svg).toContain('silently wrong');
});

it('a scatter shows what is not on the line in another colour', () => {
  const points = [
    { x: 1, y: 1 },
    { x: 2, y: 3 },
  ];
  const svg = scatterGrid({ title: 'one', panels: [{ title: 'a', points }] });
  expect([...svg.matchAll(/<circle class="fill(\d)"/g)].map(([, color]) => color)).toEqual([
    '0',
    '1',
  ]);
});

it('stacked charts are as high as their parts together', () => {
  const chart = scatterGrid({ title: 'one', panels: [] });
  const height = (svg: string) => Number(attributes(svg, 'height')[0]);
  expect(height(stackedCharts('two', [chart, chart]))).toBe(2 * height(chart));
});

describe('columns', () => {
  const chart = {
    title: 'one',
    x: { label: 'ms', step: 10 },
    yLabel: 'receipts',
    series: [
      { name: 'once', counts: [2, 0, 4] },
      { name: 'doubled', counts: [0, 4, 4] },
    ],
  };
  const rects = (svg: string, color: number) =>
    [
      ...svg.matchAll(
        new RegExp(`class="fill${color}" x="([\\d.]+)" y="([\\d.]+)"[^>]*height="([\\d.]+)"/`, 'g'),
      ),
    ].map(([, x, y, height]) => ({ x: Number(x), y: Number(y), height: Number(height) }));

  it('stand on each other, and a count of 0 has none', () => {
    const svg = columnsChart(chart);
    const [once, doubled] = [rects(svg, 0), rects(svg, 1)];
    expect([once.length, doubled.length]).toEqual([2, 2]);
    expect(once[1]!.height).toBeCloseTo(2 * once[0]!.height, 0);
    expect(doubled[1]!.x).toBe(once[1]!.x);
    expect(doubled[1]!.y + doubled[1]!.height).toBeCloseTo(once[1]!.y, 0);
  });

  it('have a block behind them', () => {
    const svg = columnsChart({ ...chart, block: { from: 10, to: 20, label: 'window' } });
    expect(svg.indexOf('opacity')).toBeLessThan(svg.lastIndexOf('class="fill0"'));
    expect(svg).toContain('window');
  });
});
