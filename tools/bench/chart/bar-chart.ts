import { CHART_WIDTH, heading, line, MARGIN, round, SERIES_MAX, svgDocument, text } from './svg.js';
import { shownNumber, ticksUpTo } from './ticks.js';

export interface BarPanel {
  /** What is measured, with its unit: `drained, payments/s (more is better)`. */
  title: string;
  bars: {
    /** A label has the same colour in every panel. */
    label: string;
    value: number;
    /** The lowest and the highest of several measurements. */
    spread?: { min: number; max: number };
    /** Instead of the value. */
    shown?: string;
  }[];
}

const LABEL_WIDTH = 150;
const VALUE_WIDTH = 130;
const PANEL_HEAD = 26;
const PANEL_GAP = 22;
const ROW = 24;
const BAR = 16;
const X0 = MARGIN + LABEL_WIDTH;
const WIDTH = CHART_WIDTH - X0 - MARGIN - VALUE_WIDTH;

/**
 * Horizontal bars in panels. Each panel has its own scale from 0, so bars are compared within a
 * panel only.
 * @throws Error if there are more labels than colours.
 */
export function barChart(chart: { title: string; subtitle?: string; panels: BarPanel[] }): string {
  const labels = [...new Set(chart.panels.flatMap(({ bars }) => bars.map(({ label }) => label)))];
  if (labels.length > SERIES_MAX) throw new Error(`at most ${SERIES_MAX} labels`);
  const { content, bottom } = heading(chart.title, chart.subtitle);
  let y = bottom + 8;
  for (const panel of chart.panels) {
    content.push(...panelAt(y, panel, labels));
    y += PANEL_HEAD + panel.bars.length * ROW + PANEL_GAP;
  }
  return svgDocument(chart.title, y, content);
}

function panelAt(top: number, { title, bars }: BarPanel, labels: string[]): string[] {
  const values = bars.flatMap(({ value, spread }) => [value, spread?.max ?? value]);
  const ticks = ticksUpTo(Math.max(0, ...values.filter(Number.isFinite)));
  const xOf = (value: number) => X0 + (value / (ticks.at(-1) ?? 1)) * WIDTH;
  const from = top + PANEL_HEAD;
  const to = from + bars.length * ROW;
  return [
    text(title, { x: MARGIN, y: top + 14, look: 'text head' }),
    ...ticks.map((tick) => line('grid', { x: xOf(tick), y: from }, { x: xOf(tick), y: to })),
    ...bars.flatMap((bar, n) =>
      barAt(from + n * ROW, bar, { xOf, color: labels.indexOf(bar.label) }),
    ),
    line('axis', { x: X0, y: from }, { x: X0, y: to }),
  ];
}

function barAt(
  top: number,
  { label, value, spread, shown }: BarPanel['bars'][number],
  { xOf, color }: { xOf: (value: number) => number; color: number },
): string[] {
  const middle = top + ROW / 2;
  const end = Number.isFinite(value) ? xOf(value) : X0;
  const parts = [
    text(label, { x: X0 - 10, y: middle + 4, anchor: 'end' }),
    `<rect class="fill${color}" x="${X0}" y="${round(middle - BAR / 2)}" width="${round(end - X0)}" height="${BAR}" rx="2"/>`,
  ];
  if (spread && spread.max > spread.min) {
    parts.push(line('axis', { x: xOf(spread.min), y: middle }, { x: xOf(spread.max), y: middle }));
  }
  const textX = Math.max(end, spread ? xOf(spread.max) : end) + 8;
  parts.push(text(shown ?? shownNumber(value), { x: textX, y: middle + 4 }));
  return parts;
}
