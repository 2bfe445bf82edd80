import { v7 } from 'uuid';

/** What a test replaces to make time and identity its own. */
export interface ClockAndIds {
  now: () => Date;
  /** UUID v7: ids sort by time, so that new rows land at the end of their indexes. */
  newId: () => string;
}

export const systemClockAndIds: ClockAndIds = { now: () => new Date(), newId: () => v7() };
