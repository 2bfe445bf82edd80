/** The width of every chart in pixels: it fits the text column of a page on GitHub. */
export const CHART_WIDTH = 760;
export const MARGIN = 24;

/** So many colours can be told apart, also by readers who see few colours. */
export const SERIES_MAX = 6;

const LIGHT = ['#2a78d6', '#eb6834', '#1baf7a', '#eda100', '#4a3aa7', '#e34948'];
const DARK = ['#3987e5', '#d95926', '#199e70', '#c98500', '#9085e9', '#e66767'];

const themed = (surface: string, text: string, quiet: string, grid: string, series: string[]) =>
  [
    `.surface{fill:${surface}}.text{fill:${text}}.quiet{fill:${quiet}}.grid{stroke:${grid}}`,
    `.axis{stroke:${quiet}}.halo{stroke:${surface}}`,
    ...series.map((color, n) => `.fill${n}{fill:${color}}.line${n}{stroke:${color}}`),
  ].join('');

// A picture on a page gets no style sheet of the page, but it knows the reader's theme.
const STYLE = [
  'text{font-family:system-ui,-apple-system,"Segoe UI",sans-serif;font-size:13px}',
  '.title{font-size:17px;font-weight:600}.head{font-weight:600}.small{font-size:12px}',
  themed('#fcfcfb', '#0b0b0b', '#52514e', '#e1e0d9', LIGHT),
  '@media(prefers-color-scheme:dark){',
  themed('#1a1a19', '#ffffff', '#c3c2b7', '#2c2c2a', DARK),
  '}',
].join('');

/** A whole picture, for light and dark themes. `title` is also read by screen readers. */
export function svgDocument(title: string, height: number, content: string[]): string {
  const size = `width="${CHART_WIDTH}" height="${height}" viewBox="0 0 ${CHART_WIDTH} ${height}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="surface" width="${CHART_WIDTH}" height="${height}" rx="8"/>`,
    ...content,
    '</svg>',
    '',
  ].join('\n');
}

interface TextPlace {
  x: number;
  y: number;
  /** Classes of the style above. */
  look?: string;
  anchor?: 'start' | 'middle' | 'end';
}

export const text = (content: string, { x, y, look = 'text', anchor = 'start' }: TextPlace) =>
  `<text class="${look}" x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escaped(content)}</text>`;

export const line = (
  look: string,
  from: { x: number; y: number },
  to: { x: number; y: number },
): string =>
  `<line class="${look}" x1="${round(from.x)}" y1="${round(from.y)}" x2="${round(to.x)}" y2="${round(to.y)}"/>`;

/** Title and subtitle at the top. @returns the y below them. */
export function heading(
  title: string,
  subtitle: string | undefined,
): { content: string[]; bottom: number } {
  const content = [text(title, { x: MARGIN, y: 34, look: 'text title' })];
  if (subtitle === undefined) return { content, bottom: 48 };
  content.push(text(subtitle, { x: MARGIN, y: 54, look: 'quiet small' }));
  return { content, bottom: 68 };
}

/** A tenth of a pixel is enough; more digits only make the file larger. */
export const round = (value: number): number => Math.round(value * 10) / 10;

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escaped = (content: string) => content.replace(/[&<>"]/g, (one) => ENTITIES[one] ?? one);
