import { v7 } from 'uuid';

/** What a test replaces to make time and identity its own. */
export interface ClockAndIds {
  /** The date, for what is written down. It may be set forth or back at any moment. */
  now: () => Date;
  /** For how long something has taken: milliseconds since some moment, never going back. */
  nowMs: () => number;
  /** UUID v7: ids sort by time, so that new rows land at the end of their indexes. */
  newId: () => string;
}

export const systemClockAndIds: ClockAndIds = {
  now: () => new Date(),
  nowMs: () => performance.now(),
  newId: () => v7(),
};
