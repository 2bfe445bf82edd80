import { v7 } from 'uuid';

/** Time and ids. A test replaces them. */
export interface ClockAndIds {
  /** The wall clock, for stored times. It may be set forward or back at any moment. */
  now: () => Date;
  /** A monotonic clock, for durations: milliseconds since an arbitrary moment. */
  nowMs: () => number;
  /** UUID v7: ids sort by time, so that new rows are at the end of their indexes. */
  newId: () => string;
}

export const systemClockAndIds: ClockAndIds = {
  now: () => new Date(),
  nowMs: () => performance.now(),
  newId: () => v7(),
};
