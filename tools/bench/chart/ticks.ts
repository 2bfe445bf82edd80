const STEPS = [1, 2, 2.5, 5, 10];

/**
 * Round numbers from 0 to the first one that is not below `max`.
 * @returns at least two ticks; about `wanted`.
 */
export function ticksUpTo(max: number, wanted = 5): number[] {
  if (!(max > 0)) return [0, 1];
  const raw = max / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = (STEPS.find((each) => each * power >= raw) ?? 10) * power;
  const count = Math.ceil(max / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, n) => Number((n * step).toPrecision(12)));
}

/** As a reader writes it: 12,300 or 4.5 or 0.07. */
export function shownNumber(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}
