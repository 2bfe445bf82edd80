/** How long ago something was: `12 s`, `3 min`, `2 h`, `5 d`. A time in the future is `0 s`. */
export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}

/** A duration as short as it can be read: `7 ms`, `840 ms`, `1.25 s`, `2 min 5 s`. */
export function durationText(ms: number): string {
  const size = Math.abs(ms);
  if (size < 1_000) return `${Math.round(ms)} ms`;
  if (size < 10_000) return `${(ms / 1_000).toFixed(2)} s`;
  if (size < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const sign = ms < 0 ? '-' : '';
  const seconds = Math.round(size / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  if (hours >= 48) return `${sign}${Math.floor(hours / 24)} d ${hours % 24} h`;
  return hours > 0 ? `${sign}${hours} h ${minutes} min` : `${sign}${minutes} min ${seconds % 60} s`;
}

const pad = (value: number, length = 2) => String(value).padStart(length, '0');

/** Local time of day to the millisecond. @returns null for a text that is no time. */
export function localTime(iso: string): string | null {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return null;
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map((each) => pad(each));
  return `${time.join(':')}.${pad(at.getMilliseconds(), 3)}`;
}

/** Local day, in the order of ISO 8601. @returns null for a text that is no time. */
export function localDay(iso: string): string | null {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return null;
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
}
