import { CHART_WIDTH, heading, line, MARGIN, round, svgDocument, text } from './svg.js';

export interface ScatterPanel {
  title: string;
  points: readonly { x: number; y: number }[];
}

const COLUMNS = 3;
const GAP = 18;
const TITLE = 22;
const SIDE = (CHART_WIDTH - 2 * MARGIN - (COLUMNS - 1) * GAP) / COLUMNS;
const RADIUS = 1.8;

/**
 * Square panels in rows of three, with one scale from 0 for both axes and a line where x = y.
 * Points on the line have colour 0, the others colour 1.
 */
export function scatterGrid(chart: {
  title: string;
  subtitle?: string;
  panels: readonly ScatterPanel[];
}): string {
  const { content, bottom } = heading(chart.title, chart.subtitle);
  const values = chart.panels.flatMap(({ points }) => points.flatMap(({ x, y }) => [x, y]));
  const max = values.reduce((largest, value) => Math.max(largest, value), 1);
  chart.panels.forEach((panel, index) => {
    const left = MARGIN + (index % COLUMNS) * (SIDE + GAP);
    const top = bottom + Math.floor(index / COLUMNS) * (SIDE + TITLE + GAP);
    content.push(...panelAt({ left, top: top + TITLE, max }, panel));
  });
  const rows = Math.ceil(chart.panels.length / COLUMNS);
  return svgDocument(chart.title, Math.ceil(bottom + rows * (SIDE + TITLE + GAP) + GAP), content);
}

function panelAt(
  { left, top, max }: { left: number; top: number; max: number },
  { title, points }: ScatterPanel,
): string[] {
  const bottom = top + SIDE;
  const xOf = (value: number) => left + (value / max) * SIDE;
  const yOf = (value: number) => bottom - (value / max) * SIDE;
  return [
    text(title, { x: left, y: top - 8, look: 'text head' }),
    line('grid', { x: left, y: bottom }, { x: left + SIDE, y: top }),
    line('axis', { x: left, y: bottom }, { x: left + SIDE, y: bottom }),
    line('axis', { x: left, y: bottom }, { x: left, y: top }),
    ...points.map(
      ({ x, y }) =>
        `<circle class="fill${x === y ? 0 : 1}" cx="${round(xOf(x))}" cy="${round(yOf(y))}" r="${RADIUS}"/>`,
    ),
  ];
}
