import type { Observation } from './observe.js';

/**
 * Detects a replication slot that an operator moved by hand. While a reader is connected,
 * PostgreSQL lets only this reader move the slot. So a slot that moves forward without a reader was
 * moved by hand.
 *
 * Two observations without a reader are needed, because PostgreSQL may show the last confirmation
 * of a reader only after the reader has disconnected. So the detector misses a move between the
 * disconnect and the first observation after it.
 */
export class MovedSlotDetector {
  /** The position at the first observation without a reader. */
  private unreadAt: bigint | undefined;
  private movedTo: bigint | undefined;

  /**
   * Returns true after a move by hand, until the connector starts over with a snapshot, or has
   * already passed the new position.
   */
  observe({ slot, offset }: Observation): boolean {
    if (slot === undefined) return this.movedTo !== undefined;
    const startsOver = slot === 'missing' || offset === 'none' || offset?.isSnapshot === true;
    if (startsOver || (slot.active && this.isPassedBy(offset))) this.movedTo = undefined;
    if (startsOver || slot.active) {
      this.unreadAt = undefined;
    } else {
      this.unreadAt ??= slot.confirmed;
      if (slot.confirmed > this.unreadAt) this.movedTo = slot.confirmed;
    }
    return this.movedTo !== undefined;
  }

  private isPassedBy(offset: Observation['offset']): boolean {
    const { movedTo } = this;
    return movedTo !== undefined && typeof offset === 'object' && movedTo <= offset.lsn;
  }
}
