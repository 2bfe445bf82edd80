import type { PaymentCompleted } from '@effectively-once/contracts';
import {
  MicroBatch,
  type Applied,
  type Circuit,
  type IdempotencyStrategy,
} from '@effectively-once/delivery';
import type { PointsEntries, PointsEntryDraft } from './points-entries.js';

/** Collects what the effect wants written, so that it is written together with the mark. */
export interface UnitOfWork {
  declare: (entry: PointsEntryDraft) => void;
}

const ENTRIES_PER_STATEMENT_MAX = 200;
// One at work while the next one fills. More would meet at the same users' balances and wait there.
const STATEMENTS_IN_FLIGHT_MAX = 2;

/**
 * Loyalty is effectively once: the mark is the effect.
 *
 * The entry's primary key is the payment id, and entry and balance change in one statement, hence in one
 * transaction. A process killed anywhere leaves both or neither, and a second coming finds the row.
 *
 * What up to 200 lanes declare goes out as one such statement; each learns what became of its own entry.
 */
export class LoyaltyIdempotency implements IdempotencyStrategy<PaymentCompleted, UnitOfWork> {
  readonly crashAfterEffect = 'never repeats';
  private readonly batch: MicroBatch<PointsEntryDraft, Applied>;

  constructor(
    entries: PointsEntries,
    private readonly circuit: Circuit,
  ) {
    this.batch = new MicroBatch({
      sizeMax: ENTRIES_PER_STATEMENT_MAX,
      inFlightMax: STATEMENTS_IN_FLIGHT_MAX,
      run: (batch) => entries.write(batch),
    });
  }

  async once(
    event: PaymentCompleted,
    effect: (unit: UnitOfWork) => Promise<void>,
  ): Promise<Applied> {
    const declared: PointsEntryDraft[] = [];
    await effect({ declare: (entry) => declared.push(entry) });
    const [entry, ...more] = declared;
    if (!entry || more.length > 0) throw new Error('an effect declares exactly one entry');
    return await this.circuit.call(event.userId, () => this.batch.add(entry));
  }
}
