/** What was not recorded. A zero would be a statement. */
export const NOT_RECORDED = '–';

const whole = new Intl.NumberFormat('en-US');

/** With thousands separated. Accepts decimal strings, which are exact above 2^53. */
export function count(value: string | number | null): string {
  if (value === null) return NOT_RECORDED;
  if (typeof value === 'number') return whole.format(value);
  return /^-?\d+$/.test(value) ? whole.format(BigInt(value)) : value;
}

/** Events per second, in three digits: `0`, `0.25`, `3.2`, `115`. */
export function rate(perSecond: number | null): string {
  if (perSecond === null) return NOT_RECORDED;
  if (perSecond === 0) return '0';
  if (perSecond < 0.01) return '<0.01';
  if (perSecond < 1) return perSecond.toFixed(2);
  return perSecond < 100 ? perSecond.toFixed(1) : whole.format(Math.round(perSecond));
}

/** Seconds that something waits: `0 s`, `0.4 s`, `12 s`, `3 min 5 s`. */
export function seconds(value: number | null): string {
  if (value === null) return NOT_RECORDED;
  if (value < 10) return `${Number(value.toFixed(1))} s`;
  if (value < 120) return `${Math.round(value)} s`;
  if (value < 7_200) return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
  return `${Math.floor(value / 3_600)} h ${Math.floor((value % 3_600) / 60)} min`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Bytes in the largest binary unit that leaves a number of at least 1. */
export function bytes(value: string | number | null): string {
  if (value === null) return NOT_RECORDED;
  let size = Number(value);
  if (!Number.isFinite(size)) return String(value);
  let unit = 0;
  while (Math.abs(size) >= 1_024 && unit < UNITS.length - 1) {
    size /= 1_024;
    unit += 1;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit]}`;
}
