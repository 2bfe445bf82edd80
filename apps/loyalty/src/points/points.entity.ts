import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The points of one payment, which is also the inbox row of its event. Never changed. */
@Entity({ schema: 'loyalty', name: 'points_entries' })
export class PointsEntry {
  @PrimaryColumn('uuid', { name: 'payment_id' })
  paymentId!: string;

  @Column('text', { name: 'user_id' })
  userId!: string;

  /** pg returns a bigint as a string, because a double cannot hold every bigint. */
  @Column('bigint', { name: 'amount_minor' })
  amountMinor!: string;

  @Column('text')
  currency!: string;

  @Column('bigint')
  points!: string;

  @Column('uuid', { name: 'event_id' })
  eventId!: string;

  @Column('timestamptz', { name: 'awarded_at' })
  awardedAt!: Date;
}

/** A user's balance: the sum of their entries, because one statement changes both. */
@Entity({ schema: 'loyalty', name: 'accounts' })
export class Account {
  @PrimaryColumn('text', { name: 'user_id' })
  userId!: string;

  @Column('bigint')
  balance!: string;
}
