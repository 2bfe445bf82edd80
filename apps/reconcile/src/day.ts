/** One UTC day, as the bounds of the queries to every store. This file never reads the clock. */
export interface Day {
  /** `2026-11-20` */
  name: string;
  from: Date;
  /** The first instant after the day. */
  until: Date;
}

/** @throws RangeError if the text is not a calendar day in ISO 8601 notation. */
export function parseDay(name: string): Day {
  const from = new Date(`${name}T00:00:00.000Z`);
  // Date reads February 30 as March 2.
  const isThat = !Number.isNaN(from.getTime()) && from.toISOString().startsWith(name);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(name) || !isThat) {
    throw new RangeError(`"${name}" is not a day such as 2026-11-20`);
  }
  const until = new Date(from);
  until.setUTCDate(until.getUTCDate() + 1);
  return { name, from, until };
}
