import type { PaymentCompleted } from '@effectively-once/contracts';
import {
  IdempotencyCollision,
  type Applied,
  type IdempotencyStrategy,
} from '@effectively-once/delivery';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { asFailure } from './database-failure.js';

/** What one payment adds to a user's points. */
export interface PointsEntryDraft {
  paymentId: string;
  userId: string;
  amountMinor: number;
  currency: string;
  points: number;
  eventId: string;
}

/** Collects what the effect wants written, so that it is written together with the mark. */
export interface UnitOfWork {
  declare: (entry: PointsEntryDraft) => void;
}

/**
 * Loyalty is effectively once: the mark is the effect.
 *
 * The entry's primary key is the payment id, and entry and balance change in one statement, hence in one
 * transaction. A process killed anywhere leaves both or neither, and a second coming finds the row.
 */
@Injectable()
export class LoyaltyIdempotency implements IdempotencyStrategy<PaymentCompleted, UnitOfWork> {
  readonly crashAfterEffect = 'never repeats';

  constructor(private readonly database: DataSource) {}

  async once(_: PaymentCompleted, effect: (unit: UnitOfWork) => Promise<void>): Promise<Applied> {
    const declared: PointsEntryDraft[] = [];
    await effect({ declare: (entry) => declared.push(entry) });
    const [entry, ...more] = declared;
    if (!entry || more.length > 0) throw new Error('an effect declares exactly one entry');
    try {
      if (await this.insert(entry)) return 'applied';
      await this.assertSameContent(entry);
      return 'duplicate';
    } catch (error) {
      throw asFailure(error);
    }
  }

  // `on conflict do nothing returning` yields the entry only to the one who wrote it, and the balance
  // moves by what was returned: a duplicate adds nothing because there is nothing to add.
  private async insert(entry: PointsEntryDraft): Promise<boolean> {
    const rows = await this.database.query<{ written: string }[]>(
      `WITH entry AS (
         INSERT INTO loyalty.points_entries
           (payment_id, user_id, amount_minor, currency, points, event_id)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (payment_id) DO NOTHING
         RETURNING user_id, points
       ), account AS (
         INSERT INTO loyalty.accounts AS account (user_id, balance)
         SELECT user_id, points FROM entry
         ON CONFLICT (user_id) DO UPDATE SET balance = account.balance + excluded.balance
       )
       SELECT count(*) AS written FROM entry`,
      [
        entry.paymentId,
        entry.userId,
        entry.amountMinor,
        entry.currency,
        entry.points,
        entry.eventId,
      ],
    );
    return rows[0]?.written === '1';
  }

  private async assertSameContent(entry: PointsEntryDraft): Promise<void> {
    const [stored] = await this.database.query<
      { user_id: string; amount_minor: string; currency: string }[]
    >(`SELECT user_id, amount_minor, currency FROM loyalty.points_entries WHERE payment_id = $1`, [
      entry.paymentId,
    ]);
    if (!stored) throw new Error('an entry that was there has gone');
    const differing = [
      ...(stored.user_id === entry.userId ? [] : ['userId']),
      ...(stored.amount_minor === String(entry.amountMinor) ? [] : ['amountMinor']),
      ...(stored.currency === entry.currency ? [] : ['currency']),
    ];
    if (differing.length > 0) throw new IdempotencyCollision(differing);
  }
}
