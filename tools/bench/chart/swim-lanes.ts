import { legend } from './legend.js';
import { CHART_WIDTH, heading, line, MARGIN, round, SERIES_MAX, svgDocument, text } from './svg.js';
import { shownNumber, ticksUpTo } from './ticks.js';

/** What an actor does between two times. A label has the same colour everywhere. */
export interface Span {
  from: number;
  to: number;
  label: string;
}

export interface SwimLane {
  /** The actor. */
  name: string;
  spans: Span[];
  /** Moments, as a triangle with a text on its right. Filled: it happened. Hollow: refused. */
  moments: { at: number; label: string; isRefused?: boolean }[];
}

export interface SwimPanel {
  title: string;
  lanes: SwimLane[];
}

const NAME_WIDTH = 110;
const LANE = 40;
const BLOCK = 14;
const PANEL_HEAD = 26;
const PANEL_GAP = 16;
const LEGEND_HEIGHT = 26;
const AXIS_HEIGHT = 46;
const X0 = MARGIN + NAME_WIDTH;
/** The texts of the last moments need room on the right. */
const WIDTH = CHART_WIDTH - X0 - MARGIN - 150;
const MOMENT = 6;

/**
 * Actors below each other over one axis of time, in panels.
 * @throws Error if there are more labels of spans than colours.
 */
export function swimLanes(chart: {
  title: string;
  subtitle?: string;
  /** With its unit. */
  xLabel: string;
  /** A drawing is not to scale, so its axis has no numbers. */
  isDrawing?: boolean;
  panels: SwimPanel[];
}): string {
  const lanes = chart.panels.flatMap((panel) => panel.lanes);
  const labels = [...new Set(lanes.flatMap(({ spans }) => spans.map(({ label }) => label)))];
  if (labels.length > SERIES_MAX) throw new Error(`at most ${SERIES_MAX} labels`);
  const ends = lanes.flatMap(({ spans, moments }) => [
    ...spans.map(({ to }) => to),
    ...moments.map(({ at }) => at),
  ]);
  const ticks = ticksUpTo(Math.max(0, ...ends), 8);
  const xOf = (value: number) => X0 + (value / (ticks.at(-1) ?? 1)) * WIDTH;
  const { content, bottom } = heading(chart.title, chart.subtitle);
  content.push(...legend(labels, { x: X0, y: bottom + 11, mark: 'block' }));
  let y = bottom + LEGEND_HEIGHT;
  for (const { title, lanes: inPanel } of chart.panels) {
    content.push(text(title, { x: MARGIN, y: y + 14, look: 'text head' }));
    y += PANEL_HEAD;
    const to = y + inPanel.length * LANE;
    content.push(
      ...ticks.map((tick) => line('grid', { x: xOf(tick), y }, { x: xOf(tick), y: to })),
    );
    for (const lane of inPanel) {
      content.push(...laneAt(y, lane, { xOf, labels }));
      y += LANE;
    }
    y += PANEL_GAP;
  }
  content.push(
    ...(chart.isDrawing ? [] : ticks).map((tick) =>
      text(shownNumber(tick), { x: xOf(tick), y, look: 'quiet small', anchor: 'middle' }),
    ),
    text(chart.xLabel, { x: X0 + WIDTH, y: y + 20, look: 'quiet small', anchor: 'end' }),
  );
  return svgDocument(chart.title, y + AXIS_HEIGHT, content);
}

function laneAt(
  top: number,
  { name, spans, moments }: SwimLane,
  { xOf, labels }: { xOf: (value: number) => number; labels: string[] },
): string[] {
  const middle = top + LANE / 2;
  return [
    text(name, { x: X0 - 10, y: middle + 4, anchor: 'end' }),
    line('axis', { x: X0, y: middle }, { x: X0 + WIDTH, y: middle }),
    ...spans.map(({ from, to, label }) => {
      const width = Math.max(1, xOf(to) - xOf(from));
      const at = `x="${round(xOf(from))}" y="${middle - BLOCK / 2}" width="${round(width)}"`;
      return `<rect class="fill${labels.indexOf(label)}" ${at} height="${BLOCK}" rx="2"/>`;
    }),
    ...moments.flatMap(({ at, label, isRefused = false }) => [
      momentAt(xOf(at), middle, isRefused),
      text(label, { x: xOf(at) + MOMENT + 4, y: middle - BLOCK / 2 - 3, look: 'text small' }),
    ]),
  ];
}

function momentAt(x: number, y: number, isRefused: boolean): string {
  const top = y - BLOCK / 2 - 2;
  const points = `${round(x - MOMENT)},${top - MOMENT} ${round(x + MOMENT)},${top - MOMENT} ${round(x)},${top + 2}`;
  const look = isRefused ? 'class="surface axis"' : 'class="text axis"';
  return `<polygon ${look} points="${points}"/>`;
}
