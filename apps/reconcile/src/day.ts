/** One UTC day, as the boundaries every store is asked with. Nothing here knows what day it is. */
export interface Day {
  /** `2026-11-20` */
  name: string;
  from: Date;
  /** The first moment that does not belong to it. */
  until: Date;
}

/** @throws RangeError when it is not a day of the calendar, written as in ISO 8601. */
export function dayNamed(name: string): Day {
  const from = new Date(`${name}T00:00:00.000Z`);
  // Date takes February 30th for March 2nd.
  const isThat = !Number.isNaN(from.getTime()) && from.toISOString().startsWith(name);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(name) || !isThat) {
    throw new RangeError(`"${name}" is not a day such as 2026-11-20`);
  }
  const until = new Date(from);
  until.setUTCDate(until.getUTCDate() + 1);
  return { name, from, until };
}
