import type { Sight } from './look.js';

/**
 * Notices a slot that somebody moved by hand. PostgreSQL lets nobody but its reader move a slot that is
 * read, so one that goes forward while nobody reads it was moved. Both looks must find it unread: what its
 * reader confirmed last may come to light only after he has gone.
 */
export class UnreadSlot {
  /** Where it lay when it was first seen unread. */
  private lay: bigint | undefined;
  private wentForward = false;

  /** Remembers it until the connector has begun anew, which mends it. */
  sees({ slot, offset }: Sight): boolean {
    if (slot === undefined) return this.wentForward;
    const beginsAnew = offset === 'none' || (offset !== undefined && offset.isSnapshot);
    if (slot === 'missing' || beginsAnew) this.wentForward = false;
    if (slot === 'missing' || beginsAnew || slot.active) {
      this.lay = undefined;
      return this.wentForward;
    }
    this.lay ??= slot.confirmed;
    if (slot.confirmed > this.lay) this.wentForward = true;
    return this.wentForward;
  }
}
