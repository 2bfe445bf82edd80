/** Strokes on a field of 16 by 16. An icon never stands alone: a word is next to it. */
const PATHS = {
  overview: 'M2 8h3l2-5 3 10 2-5h2',
  shop: 'M2.5 3h1.6l1.7 7.2h6.4L13.6 5H4.7M6.5 13.2h.01M11.5 13.2h.01',
  payments: 'M2 4.5h12v7.5H2zM2 7.2h12M4.5 9.8h2',
  audit: 'M8 1.8 13 4v4c0 3-2 5.2-5 6.2C5 13.2 3 11 3 8V4zM5.8 7.9l1.6 1.6 2.9-3.1',
  consumers: 'M2 4h7M2 8h12M2 12h9M12 2.8 13.2 4 12 5.2',
  letters: 'M2 4h12v8.5H2zM2 4.5l6 4.5 6-4.5',
  alerts: 'M4 11V7a4 4 0 0 1 8 0v4l1 1.2H3zM6.8 14h2.4',
  break: 'M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z',
  scenarios: 'M4.5 2.5v11l9-5.5z',
  labs: 'M6 2h4M6.8 2v4.2L3.2 13a.8.8 0 0 0 .7 1.2h8.2a.8.8 0 0 0 .7-1.2L9.2 6.2V2M5 10h6',
  ok: 'M3 8.5 6.5 12 13 4.5',
  late: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M8 5v3.2l2 1.3',
  violated: 'M8 2 14.5 13.5h-13zM8 6.5v3M8 11.6h.01',
  stale:
    'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M6.3 6.4a1.8 1.8 0 1 1 2.5 1.7c-.5.3-.8.6-.8 1.2M8 11.4h.01',
  none: 'M5 8h6',
  dead: 'M4 4l8 8M12 4l-8 8',
  twice: 'M3 3.5h7v7H3zM6 13h7V6',
  copy: 'M5.5 5.5h7.5v8H5.5zM10.5 5.5v-3H3v8h2.5',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  plug: 'M5.5 2v3M10.5 2v3M4 5h8v2.5a4 4 0 0 1-8 0zM8 11.5V14',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
