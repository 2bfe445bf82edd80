import { CHART_WIDTH, heading, MARGIN, round, svgDocument, text } from './svg.js';

/** Green, amber and red. The text says the same, for readers who see few colours. */
const COLORS = { good: 2, visible: 3, bad: 5 } as const;

export interface MatrixChart {
  title: string;
  subtitle?: string;
  columns: readonly string[];
  rows: { name: string; cells: { text: string; mood: keyof typeof COLORS }[] }[];
}

const NAME_WIDTH = 250;
const ROW = 30;
const GAP = 4;
const HEAD = 24;
const X0 = MARGIN + NAME_WIDTH;

/** A table of coloured cells. */
export function matrixChart({ title, subtitle, columns, rows }: MatrixChart): string {
  const { content, bottom } = heading(title, subtitle);
  const width = (CHART_WIDTH - X0 - MARGIN) / columns.length;
  const middle = (column: number) => X0 + (column + 0.5) * width;
  columns.forEach((name, column) =>
    content.push(
      text(name, { x: middle(column), y: bottom + 14, look: 'text head', anchor: 'middle' }),
    ),
  );
  rows.forEach(({ name, cells }, index) => {
    const y = bottom + HEAD + index * ROW;
    content.push(text(name, { x: X0 - 10, y: y + ROW / 2 + 4, anchor: 'end' }));
    cells.forEach((cell, column) => {
      const at = `x="${round(X0 + column * width + GAP / 2)}" y="${y}"`;
      const size = `width="${round(width - GAP)}" height="${ROW - GAP}"`;
      content.push(
        `<rect class="fill${COLORS[cell.mood]}" ${at} ${size} rx="3" fill-opacity="0.3"/>`,
        text(cell.text, {
          x: middle(column),
          y: y + (ROW - GAP) / 2 + 4,
          look: 'text small',
          anchor: 'middle',
        }),
      );
    });
  });
  return svgDocument(title, bottom + HEAD + rows.length * ROW + MARGIN, content);
}
