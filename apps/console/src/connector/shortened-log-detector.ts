import type { Observation, Slot } from './observe.js';

/**
 * Detects that the log of PostgreSQL ends before an offset that Connect has stored: the database
 * was restored from a backup, or a failover led to a replica that had not received everything.
 * Debezium 3.6 resumes at its offset and skips every event until the log has passed it, while its
 * position moves and its task is RUNNING (tried:
 * e2e/a-restored-database-stops-the-connector.long.spec.ts).
 *
 * The slot is observed before the offset, and both grow meanwhile. So it compares the log with the
 * offset of an earlier observation.
 */
export class ShortenedLogDetector {
  /** The highest offset so far. */
  private stored: bigint | undefined;
  private isShortened = false;

  /** Returns true from then on, until the connector starts over with a snapshot. */
  observe({ slot, offset }: Observation): boolean {
    const isSnapshot = typeof offset === 'object' && offset.isSnapshot;
    if (slot === 'missing' || offset === 'none' || isSnapshot) {
      this.stored = undefined;
      this.isShortened = false;
      return false;
    }
    const { stored } = this;
    if (slot !== undefined && stored !== undefined && endOfLog(slot) < stored) {
      this.isShortened = true;
    }
    if (offset !== undefined && offset.lsn > (stored ?? 0n)) this.stored = offset.lsn;
    return this.isShortened;
  }
}

const endOfLog = ({ confirmed, lagBytes }: Slot) => confirmed + BigInt(lagBytes);
