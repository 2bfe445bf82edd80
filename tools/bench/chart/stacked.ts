import { svgDocument } from './svg.js';

/** One picture of several, below each other. Each is a whole document, which SVG may contain. */
export function stackedCharts(title: string, charts: string[]): string {
  let top = 0;
  const placed = charts.map((chart) => {
    const y = top;
    top += Number(/height="(\d+)/.exec(chart)?.[1] ?? 0);
    return chart.replace('<svg ', `<svg y="${y}" `);
  });
  return svgDocument(title, top, placed);
}
