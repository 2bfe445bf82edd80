import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Points awarded for one payment. Written once, never changed. */
@Entity({ schema: 'loyalty', name: 'points_entries' })
export class PointsEntry {
  @PrimaryColumn('uuid', { name: 'payment_id' })
  paymentId!: string;

  @Column('text', { name: 'user_id' })
  userId!: string;

  /** bigint arrives as a string: a double cannot hold all of it. */
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

/** A user's balance: always the sum of their entries, because both change in one statement. */
@Entity({ schema: 'loyalty', name: 'accounts' })
export class Account {
  @PrimaryColumn('text', { name: 'user_id' })
  userId!: string;

  @Column('bigint')
  balance!: string;
}
