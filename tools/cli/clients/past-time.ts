import { InvalidArgumentError } from 'commander';

const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * A moment of the past: an ISO time, or a duration before now such as 2h.
 * @throws InvalidArgumentError, which commander prints with the name of the option.
 */
export function pastTime(text: string, nowMs = Date.now()): Date {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = count ? nowMs - Number(count) * (UNIT_MS[unit] ?? 0) : Date.parse(text);
  if (ms > nowMs) throw new InvalidArgumentError('must not be in the future.');
  if (/^\d{4}-\d\d-\d\dT|^\d+[smhd]$/.test(text) && !Number.isNaN(ms)) return new Date(ms);
  throw new InvalidArgumentError('must be an ISO time like 2026-11-20T12:00:00Z, or like 1h.');
}
