const GROWTH = 1.5;
/** A search that comes closer than this measures noise. */
const CLOSE_ENOUGH = 1.05;

/**
 * Searches the highest rate that holds: first in steps of one half, then between the last rate that
 * held and the first that did not.
 *
 * @param search `from` is assumed to hold if `holdsAt` says so; at most `triesMax` rates are tried.
 * @returns payments per second, or undefined if none of the tried rates held.
 */
export async function highestRate(
  search: { from: number; triesMax: number },
  holdsAt: (rate: number) => Promise<boolean>,
): Promise<number | undefined> {
  let [held, failed]: [number | undefined, number | undefined] = [undefined, undefined];
  let rate = search.from;
  for (let tries = 0; tries < search.triesMax && rate >= 1; tries += 1) {
    if (await holdsAt(rate)) held = rate;
    else failed = rate;
    if (held !== undefined && failed !== undefined && failed / held <= CLOSE_ENOUGH) break;
    rate = nextRate(held, failed);
    if (rate === held || rate === failed) break;
  }
  return held;
}

function nextRate(held: number | undefined, failed: number | undefined): number {
  if (failed === undefined) return Math.round((held ?? 1) * GROWTH);
  if (held === undefined) return Math.floor(failed / GROWTH);
  return Math.round((held + failed) / 2);
}
