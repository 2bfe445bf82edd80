import type { Sight } from './look.js';

/**
 * Notices a slot that somebody moved by hand. PostgreSQL lets nobody but its reader move a slot that is
 * read, so one that goes forward while nobody reads it was moved. Both looks must find it unread: what its
 * reader confirmed last may come to light only after he has gone. So a move between his going and the first
 * look after it is not noticed.
 */
export class UnreadSlot {
  /** Where it lay when it was first seen unread. */
  private lay: bigint | undefined;
  private movedTo: bigint | undefined;

  /** Remembers it until the connector begins anew, which mends it, or was past that place anyway. */
  sees({ slot, offset }: Sight): boolean {
    if (slot === undefined) return this.movedTo !== undefined;
    const beginsAnew = slot === 'missing' || offset === 'none' || offset?.isSnapshot === true;
    if (beginsAnew || (slot.active && this.isBehind(offset))) this.movedTo = undefined;
    if (beginsAnew || slot.active) {
      this.lay = undefined;
    } else {
      this.lay ??= slot.confirmed;
      if (slot.confirmed > this.lay) this.movedTo = slot.confirmed;
    }
    return this.movedTo !== undefined;
  }

  private isBehind(offset: Sight['offset']): boolean {
    const { movedTo } = this;
    return movedTo !== undefined && typeof offset === 'object' && movedTo <= offset.lsn;
  }
}
