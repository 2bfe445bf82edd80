import { legend } from './legend.js';
import { CHART_WIDTH, heading, line, MARGIN, round, SERIES_MAX, svgDocument, text } from './svg.js';
import { shownNumber, ticksUpTo } from './ticks.js';

export interface LineSeries {
  name: string;
  /** In ascending order of x. A point whose y is no number interrupts the line. */
  points: readonly { x: number; y: number }[];
}

export interface Axis {
  /** With the unit: `seconds since the start (s)`. */
  label: string;
  /** The end of the axis, if it is not the largest value. */
  max?: number;
}

export interface LineChart {
  title: string;
  subtitle?: string;
  x: Axis;
  y: Axis;
  series: LineSeries[];
  /** Vertical lines: what happened when. */
  marks?: { x: number; label: string }[];
}

const PLOT_HEIGHT = 260;
const LEFT = MARGIN + 52;
const RIGHT = CHART_WIDTH - MARGIN;
const LEGEND_HEIGHT = 28;
const AXIS_HEIGHT = 52;
const MARK_HEIGHT = 18;
/** About the width of a letter of a label, to place labels without a font. */
const LETTER = 6.5;
const LABEL_GAP = 8;

interface Plot {
  xOf: (x: number) => number;
  yOf: (y: number) => number;
  xTicks: number[];
  yTicks: number[];
  top: number;
  bottom: number;
}

/**
 * Lines over one pair of axes, both from 0, with a legend.
 * @throws Error if there are more series than colours.
 */
export function lineChart(chart: LineChart): string {
  if (chart.series.length > SERIES_MAX) throw new Error(`at most ${SERIES_MAX} series`);
  const { content, bottom: headingBottom } = heading(chart.title, chart.subtitle);
  const marks = chart.marks ?? [];
  const scale = plotOf(chart, 0);
  const rows = rowsOf(marks, scale);
  const marksHeight = marks.length === 0 ? 0 : (Math.max(...rows) + 1) * MARK_HEIGHT;
  const plot = plotOf(chart, headingBottom + LEGEND_HEIGHT + marksHeight);
  content.push(
    ...legend(
      chart.series.map(({ name }) => name),
      { x: LEFT, y: headingBottom + 12, mark: 'line' },
    ),
    ...axes(chart, plot),
    ...marks.flatMap((mark, n) => markAt(mark, plot, rows[n] ?? 0)),
    ...chart.series.flatMap(({ points }, n) => pathOf(points, n, plot)),
  );
  return svgDocument(chart.title, plot.bottom + AXIS_HEIGHT, content);
}

function plotOf({ x, y, series }: LineChart, top: number): Plot {
  const points = series.flatMap((each) => each.points);
  const largest = (values: number[]) =>
    values.filter(Number.isFinite).reduce((max, value) => Math.max(max, value), 0);
  const xTicks = ticksUpTo(x.max ?? largest(points.map((point) => point.x)), 8);
  const yTicks = ticksUpTo(y.max ?? largest(points.map((point) => point.y)));
  const bottom = top + PLOT_HEIGHT;
  const share = (value: number, ticks: number[]) => value / (ticks.at(-1) ?? 1);
  return {
    xOf: (value) => LEFT + share(value, xTicks) * (RIGHT - LEFT),
    yOf: (value) => bottom - share(value, yTicks) * PLOT_HEIGHT,
    xTicks,
    yTicks,
    top,
    bottom,
  };
}

function axes({ x, y }: LineChart, plot: Plot): string[] {
  const { xOf, yOf, top, bottom } = plot;
  const below = bottom + 18;
  return [
    ...plot.yTicks.flatMap((tick) => [
      line('grid', { x: LEFT, y: yOf(tick) }, { x: RIGHT, y: yOf(tick) }),
      text(shownNumber(tick), {
        x: LEFT - 8,
        y: yOf(tick) + 4,
        look: 'quiet small',
        anchor: 'end',
      }),
    ]),
    ...plot.xTicks.map((tick) =>
      text(shownNumber(tick), { x: xOf(tick), y: below, look: 'quiet small', anchor: 'middle' }),
    ),
    line('axis', { x: LEFT, y: bottom }, { x: RIGHT, y: bottom }),
    text(x.label, { x: RIGHT, y: below + 20, look: 'quiet small', anchor: 'end' }),
    `<g transform="rotate(-90)">${text(y.label, { x: -top, y: MARGIN - 6, look: 'quiet small', anchor: 'end' })}</g>`,
  ];
}

/** The row of each label, from the plot up: the first in which it covers no label before it. */
function rowsOf(marks: NonNullable<LineChart['marks']>, { xOf }: Plot): number[] {
  const ends: number[] = [];
  return marks.map(({ x, label }) => {
    const middle = labelAt(xOf(x), label);
    const from = middle - widthOf(label) / 2;
    const free = ends.findIndex((end) => end <= from);
    const row = free < 0 ? ends.length : free;
    ends[row] = from + widthOf(label);
    return row;
  });
}

const widthOf = (label: string) => label.length * LETTER + LABEL_GAP;

/** The middle of a label: on its line, unless it would leave the picture there. */
const labelAt = (x: number, label: string) =>
  Math.max(MARGIN + widthOf(label) / 2, Math.min(x, CHART_WIDTH - MARGIN / 2 - widthOf(label) / 2));

function markAt(
  { x, label }: { x: number; label: string },
  { xOf, top, bottom }: Plot,
  row: number,
): string[] {
  const y = top - 6 - row * MARK_HEIGHT;
  return [
    line('axis', { x: xOf(x), y: row === 0 ? top : y + 4 }, { x: xOf(x), y: bottom }),
    text(label, { x: labelAt(xOf(x), label), y, look: 'quiet small', anchor: 'middle' }),
  ];
}

function pathOf(points: LineSeries['points'], color: number, { xOf, yOf }: Plot): string[] {
  let isDown = false;
  const steps: string[] = [];
  for (const { x, y } of points) {
    if (Number.isFinite(y)) steps.push(`${isDown ? 'L' : 'M'}${round(xOf(x))} ${round(yOf(y))}`);
    isDown = Number.isFinite(y);
  }
  if (steps.length === 0) return [];
  return [
    `<path class="line${color}" fill="none" stroke-width="2" stroke-linejoin="round" d="${steps.join('')}"/>`,
  ];
}
