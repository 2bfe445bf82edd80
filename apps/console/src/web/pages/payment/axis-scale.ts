/** A time axis that leaves long waits out, and says so. */
export interface AxisScale {
  /** Where a time lies, from 0 to 1. */
  at: (ms: number) => number;
  /** Left-out waits: where they lie, and how long they last. */
  breaks: { from: number; to: number; ms: number }[];
  ticks: { at: number; ms: number }[];
}

/** A wait of more than this share of the rest, and of this time, is left out. */
const BREAK_SHARE = 0.3;
const BREAK_MS_MIN = 300;
const BREAKS_MAX = 4;
const BREAK_WIDTH = 0.075;
const TICKS_AIMED = 7;
const TICKS_APART = 0.07;

/**
 * A payment is a few dozen milliseconds of work, and then waits: for a commit, a retry, a redrive
 * after an hour. To scale, the work would be one point. So the longest waits between two recorded
 * times are shortened. Between breaks the axis is true to scale.
 *
 * @param timesMs every time on the axis, in any order.
 */
export function axisScale(timesMs: readonly number[]): AxisScale {
  const times = [...new Set(timesMs)].sort((one, other) => one - other);
  const start = times[0] ?? 0;
  const gaps = times.slice(1).map((until, index) => ({ from: times[index] ?? until, until }));
  const broken = longWaits(gaps.map(({ from, until }) => until - from));
  const shownMs = gaps.reduce(
    (sum, { from, until }, index) => sum + (broken.has(index) ? 0 : until - from),
    0,
  );
  const perMs = shownMs > 0 ? (1 - BREAK_WIDTH * broken.size) / shownMs : 0;
  const pieces: Piece[] = [];
  let place = 0;
  for (const [index, { from, until }] of gaps.entries()) {
    const isBroken = broken.has(index);
    const width = isBroken ? (shownMs > 0 ? BREAK_WIDTH : 1 / broken.size) : (until - from) * perMs;
    pieces.push({ from, until, place, width, isBroken });
    place += width;
  }
  return {
    at: (ms) => placeOf(pieces, ms),
    breaks: pieces
      .filter(({ isBroken }) => isBroken)
      .map((each) => ({
        from: each.place,
        to: each.place + each.width,
        ms: each.until - each.from,
      })),
    ticks: ticks(pieces, start, shownMs),
  };
}

interface Piece {
  from: number;
  until: number;
  place: number;
  width: number;
  isBroken: boolean;
}

function longWaits(gapsMs: readonly number[]): Set<number> {
  const broken = new Set<number>();
  let restMs = gapsMs.reduce((sum, gap) => sum + gap, 0);
  const longestFirst = [...gapsMs.entries()].sort(([, one], [, other]) => other - one);
  for (const [index, gapMs] of longestFirst.slice(0, BREAKS_MAX)) {
    if (gapMs < BREAK_MS_MIN || gapMs < restMs * BREAK_SHARE) break;
    // The only gap there is would leave an axis without a scale.
    if (gapsMs.length - broken.size <= 1) break;
    broken.add(index);
    restMs -= gapMs;
  }
  return broken;
}

function placeOf(pieces: readonly Piece[], ms: number): number {
  const piece = pieces.find(({ until }) => ms <= until) ?? pieces.at(-1);
  if (!piece) return 0;
  const share = (ms - piece.from) / (piece.until - piece.from);
  return Math.min(1, Math.max(0, piece.place + Math.min(1, Math.max(0, share)) * piece.width));
}

function ticks(pieces: readonly Piece[], start: number, shownMs: number): AxisScale['ticks'] {
  const step = niceStep(shownMs / TICKS_AIMED);
  const found: AxisScale['ticks'] = [];
  // The label of a break stands at its middle.
  const breaks = pieces.filter((one) => one.isBroken).map((one) => one.place + one.width / 2);
  for (const piece of pieces.filter(({ isBroken }) => !isBroken)) {
    let ms = Math.ceil((piece.from - start) / step) * step;
    for (; ms <= piece.until - start; ms += step) {
      const at = placeOf(pieces, start + ms);
      const last = found.at(-1);
      const isFree = breaks.every((one) => Math.abs(at - one) >= TICKS_APART);
      if (isFree && (last === undefined || at - last.at >= TICKS_APART)) found.push({ at, ms });
    }
  }
  return found;
}

/** The next of 1, 2, 5, 10, 20, 50, … */
function niceStep(atLeast: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, atLeast)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= atLeast) ?? power;
}

/**
 * Puts labels that would overlap into rows below each other.
 *
 * @param extents where each label begins and ends, in order of their beginning.
 * @returns the row of each, from 0.
 */
export function labelRows(extents: readonly { from: number; to: number }[]): number[] {
  const ends: number[] = [];
  return extents.map(({ from, to }) => {
    const free = ends.findIndex((end) => end <= from);
    const row = free < 0 ? ends.length : free;
    ends[row] = to;
    return row;
  });
}
