import type { GroupPosition } from '@effectively-once/kafka';

/** The offsets of one partition that a replay delivers once more: `from` included, `end` not. */
export interface Rewind {
  partition: number;
  from: bigint;
  /** What the group had committed. */
  end: bigint;
}

/** Offsets of one partition that the group has never completed, and that the topic has deleted. */
export interface Expired {
  partition: number;
  from: bigint;
  end: bigint;
}

/** The request makes no sense for this group and this topic. The message says what to do. */
export class ReplayRefused extends Error {
  override readonly name = 'ReplayRefused';
}

const FROM_PAYMENTS = 'use --from TIME for what the topic still has, or --from-payments';

/**
 * Which offsets each partition goes back to.
 *
 *   deleted     start            wanted          committed         end
 *   ············|───────────────────|════════════════|───────────────|
 *                                    redelivered      comes anyway
 *
 * It only goes back. A wanted offset behind the committed one would skip records, so that partition
 * stays as it is. So does one without a committed offset: its group begins at `start` by itself.
 */
export function planRewind(
  positions: readonly GroupPosition[],
  wanted: ReadonlyMap<number, bigint>,
): Rewind[] {
  return positions.flatMap(({ partition, committed, start }) => {
    const asked = wanted.get(partition);
    if (asked === undefined || committed < 0n) return [];
    const from = asked > start ? asked : start;
    return from < committed ? [{ partition, from, end: committed }] : [];
  });
}

/** What the group lost because it was away for longer than the topic keeps. */
export function expiredRecords(positions: readonly GroupPosition[]): Expired[] {
  return positions.flatMap(({ partition, committed, start }) =>
    committed >= 0n && committed < start ? [{ partition, from: committed, end: start }] : [],
  );
}

/** The one offset that `--partition` and `--offset` ask for. @throws ReplayRefused */
export function wantedOffset(
  positions: readonly GroupPosition[],
  asked: { partition: number; offset: bigint },
): Map<number, bigint> {
  const { partition, offset } = asked;
  const position = positions.find((one) => one.partition === partition);
  if (!position) {
    const last = positions.length - 1;
    throw new ReplayRefused(`there is no partition ${partition}; they are 0 to ${last}`);
  }
  const { committed, start } = position;
  const at = `partition ${partition}`;
  if (offset < start) {
    throw new ReplayRefused(
      `the topic no longer has offset ${offset} of ${at}: its first is ${start}; ${FROM_PAYMENTS}`,
    );
  }
  if (committed < 0n) {
    throw new ReplayRefused(
      `the group has committed no offset of ${at}: it begins at ${start} by itself`,
    );
  }
  if (offset > committed) {
    throw new ReplayRefused(
      `offset ${offset} of ${at} is behind the committed offset ${committed}: ` +
        'that would skip records; a replay only goes back',
    );
  }
  return new Map([[partition, offset]]);
}
