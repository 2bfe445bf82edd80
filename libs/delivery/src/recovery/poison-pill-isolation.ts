import { KillsItsProcess } from '../failure.js';
import type { Note } from './offset-metadata.js';

/** Holders gone without a word at one watermark before its records are run one at a time. */
export const TAKEOVERS_MAX = 2;
/** Processes that may die while one record runs alone before the record is poison. */
export const DEATHS_MAX = 3;
/** How far above the watermark a record that kills its process is looked for at first. */
export const SUSPECTS_MAX = 256;

/**
 * Takes over what the member before left written down.
 *
 * A holder that is no longer in the group without having said so was killed, or cut off: that alone says
 * nothing about a record, so it only makes the next ones run one at a time. A deploy, a rebalance and a
 * graceful leave do not count.
 *
 * @param watermark where the partition was committed last.
 */
export function takeOver(note: Note, options: { isAlive: boolean; watermark: bigint }): Note {
  const { holder, runsAlone, ...rest } = note;
  if (holder === undefined || options.isAlive) return rest;
  const takeovers = note.takeovers + 1;
  const deaths = new Map(note.deaths);
  if (runsAlone !== undefined) deaths.set(runsAlone, (deaths.get(runsAlone) ?? 0) + 1);
  const suspectedBelow =
    note.suspectedBelow ??
    (takeovers >= TAKEOVERS_MAX ? options.watermark + BigInt(SUSPECTS_MAX) : undefined);
  return {
    ...rest,
    takeovers,
    deaths,
    ...(suspectedBelow === undefined ? {} : { suspectedBelow }),
  };
}

/** @throws KillsItsProcess when DEATHS_MAX processes have died while the record alone ran. */
export function assertMayRun(note: Note, offset: bigint): void {
  const deaths = note.deaths.get(offset) ?? 0;
  if (deaths >= DEATHS_MAX) throw new KillsItsProcess(deaths);
}

/**
 * One process' one-at-a-time mode: on while a suspected record is held by any of its partitions, so that
 * a process that dies names its killer.
 */
export class OneAtATime {
  private readonly suspected = new Set<string>();
  private readonly atWork = new Set<Promise<unknown>>();

  suspect(partition: string): void {
    this.suspected.add(partition);
  }

  acquit(partition: string): void {
    this.suspected.delete(partition);
  }

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    const started = this.suspected.size === 0 ? work() : this.afterEverybody(work);
    this.atWork.add(started);
    try {
      return await started;
    } finally {
      this.atWork.delete(started);
    }
  }

  private afterEverybody<Result>(work: () => Promise<Result>): Promise<Result> {
    return Promise.allSettled([...this.atWork]).then(work);
  }
}
