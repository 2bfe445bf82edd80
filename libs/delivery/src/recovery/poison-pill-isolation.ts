import { KillsItsProcess } from '../failure.js';
import type { OffsetMetadata } from './offset-metadata.js';

/** Owners that disappear at one watermark before its records run in serial mode. */
const TAKEOVERS_MAX = 2;
/** Processes that may die while one record runs alone. Then the record is a poison pill. */
export const DEATHS_MAX = 3;
/** How many offsets above the watermark are isolated: the poison pill is one of them. */
export const ISOLATED_RECORDS_MAX = 256;

/**
 * Takes over the metadata of the previous owner.
 *
 * An owner that is no longer in the group, and did not leave, was killed or lost its connection.
 * That alone proves nothing about a record. It only starts poison-pill isolation: the next records
 * run in serial mode. A deploy, a rebalance and a graceful leave do not count.
 *
 * @param watermark the committed offset of the partition.
 */
export function takeOverMetadata(
  previous: OffsetMetadata,
  options: { isOwnerAlive: boolean; watermark: bigint },
): OffsetMetadata {
  const { owner, runsAlone, ...rest } = previous;
  if (owner === undefined || options.isOwnerAlive) return rest;
  const takeovers = previous.takeovers + 1;
  const deaths = new Map(previous.deaths);
  if (runsAlone !== undefined) deaths.set(runsAlone, (deaths.get(runsAlone) ?? 0) + 1);
  const isolatedBelow =
    previous.isolatedBelow ??
    (takeovers >= TAKEOVERS_MAX ? options.watermark + BigInt(ISOLATED_RECORDS_MAX) : undefined);
  return {
    ...rest,
    takeovers,
    deaths,
    ...(isolatedBelow === undefined ? {} : { isolatedBelow }),
  };
}

/** @throws KillsItsProcess when DEATHS_MAX processes have died while this record ran alone. */
export function assertMayRun(metadata: OffsetMetadata, offset: bigint): void {
  const deaths = metadata.deaths.get(offset) ?? 0;
  if (deaths >= DEATHS_MAX) throw new KillsItsProcess(deaths);
}

/**
 * Serial mode of one process: while one of its partitions is isolated, it runs one attempt at a
 * time. So when the process dies, the stored attempt names the record that killed it.
 */
export class SerialMode {
  private readonly isolated = new Set<string>();
  private readonly running = new Set<Promise<unknown>>();

  isolate(partition: string): void {
    this.isolated.add(partition);
  }

  release(partition: string): void {
    this.isolated.delete(partition);
  }

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    const started = this.isolated.size === 0 ? work() : this.afterRunning(work);
    this.running.add(started);
    try {
      return await started;
    } finally {
      this.running.delete(started);
    }
  }

  private afterRunning<Result>(work: () => Promise<Result>): Promise<Result> {
    return Promise.allSettled([...this.running]).then(work);
  }
}
