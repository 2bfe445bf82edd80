import { legend } from './legend.js';
import { CHART_WIDTH, heading, line, MARGIN, round, SERIES_MAX, svgDocument, text } from './svg.js';
import { shownNumber, ticksUpTo } from './ticks.js';

/** A histogram: columns of equal width, whose parts stand on each other. */
export interface ColumnsChart {
  title: string;
  subtitle?: string;
  x: {
    /** With the unit. */
    label: string;
    /** Of a column. The first column starts at 0. */
    step: number;
  };
  yLabel: string;
  /** From the bottom to the top. Each has a count for every column. */
  series: { name: string; counts: readonly number[] }[];
  /** A part of the x axis, behind the columns. */
  block?: { from: number; to: number; label: string };
}

const PLOT_HEIGHT = 170;
const LEFT = MARGIN + 52;
const WIDTH = CHART_WIDTH - MARGIN - LEFT;
const LEGEND_HEIGHT = 28;
const BLOCK_HEAD = 18;
const AXIS_HEIGHT = 52;

/** @throws Error if there are more series than colours. */
export function columnsChart(chart: ColumnsChart): string {
  const { series, x, block } = chart;
  if (series.length > SERIES_MAX) throw new Error(`at most ${SERIES_MAX} series`);
  const columns = Math.max(0, ...series.map(({ counts }) => counts.length));
  const heights = Array.from({ length: columns }, (_, n) =>
    series.reduce((sum, { counts }) => sum + (counts[n] ?? 0), 0),
  );
  const { content, bottom: headBottom } = heading(chart.title, chart.subtitle);
  const top = headBottom + LEGEND_HEIGHT + BLOCK_HEAD;
  const bottom = top + PLOT_HEIGHT;
  const yTicks = ticksUpTo(Math.max(0, ...heights));
  const xTicks = ticksUpTo(columns * x.step, 8).filter((tick) => tick <= columns * x.step);
  const xOf = (value: number) => LEFT + (value / Math.max(1e-9, columns * x.step)) * WIDTH;
  const yOf = (value: number) => bottom - (value / (yTicks.at(-1) ?? 1)) * PLOT_HEIGHT;
  content.push(
    ...legend(
      series.map(({ name }) => name),
      { x: LEFT, y: headBottom + 12, mark: 'block' },
    ),
    ...(block ? blockAt(block, { xOf, top, bottom }) : []),
    ...yTicks.flatMap((tick) => [
      line('grid', { x: LEFT, y: yOf(tick) }, { x: LEFT + WIDTH, y: yOf(tick) }),
      text(shownNumber(tick), { ...at(LEFT - 8, yOf(tick) + 4), anchor: 'end' }),
    ]),
    ...columnsOf(series, x.step, { xOf, yOf }),
    ...xTicks.map((tick) => text(shownNumber(tick), { ...at(xOf(tick), bottom + 18), ...MIDDLE })),
    line('axis', { x: LEFT, y: bottom }, { x: LEFT + WIDTH, y: bottom }),
    text(x.label, { ...at(LEFT + WIDTH, bottom + 38), anchor: 'end' }),
    `<g transform="rotate(-90)">${text(chart.yLabel, { ...at(-top, MARGIN - 6), anchor: 'end' })}</g>`,
  );
  return svgDocument(chart.title, bottom + AXIS_HEIGHT, content);
}

const MIDDLE = { anchor: 'middle' } as const;
const at = (x: number, y: number) => ({ x, y, look: 'quiet small' });

function blockAt(
  { from, to, label }: NonNullable<ColumnsChart['block']>,
  plot: { xOf: (x: number) => number; top: number; bottom: number },
): string[] {
  const { xOf, top, bottom } = plot;
  const size = `width="${round(xOf(to) - xOf(from))}" height="${bottom - top}"`;
  return [
    `<rect class="fill3" opacity="0.25" x="${round(xOf(from))}" y="${top}" ${size}/>`,
    text(label, { ...at(xOf((from + to) / 2), top - 6), ...MIDDLE }),
  ];
}

function columnsOf(
  series: ColumnsChart['series'],
  step: number,
  { xOf, yOf }: { xOf: (x: number) => number; yOf: (y: number) => number },
): string[] {
  const below: number[] = [];
  return series.flatMap(({ counts }, color) =>
    counts.flatMap((count, n) => {
      const from = below[n] ?? 0;
      below[n] = from + count;
      if (count === 0) return [];
      const x = round(xOf(n * step) + 0.5);
      const width = round(xOf((n + 1) * step) - xOf(n * step) - 1);
      const height = round(yOf(from) - yOf(from + count));
      const place = `x="${x}" y="${round(yOf(from + count))}" width="${width}" height="${height}"`;
      return [`<rect class="fill${color}" ${place}/>`];
    }),
  );
}
