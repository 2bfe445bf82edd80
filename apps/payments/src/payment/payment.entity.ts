import { Column, Entity, PrimaryColumn } from 'typeorm';

export type PaymentStatus = 'PENDING' | 'COMPLETED' | 'DECLINED' | 'UNKNOWN' | 'FAILED';

/** node-postgres returns a bigint as text. Amounts end far below 2^53. */
const whole = { from: Number, to: (value: number) => value };

/**
 * One attempt to pay an order. Read through TypeORM, written only by the statements in *.sql.ts.
 */
@Entity({ schema: 'payments', name: 'payments' })
export class Payment {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text', { name: 'user_id' })
  userId!: string;

  @Column('text', { name: 'order_id' })
  orderId!: string;

  @Column('bigint', { name: 'amount_minor', transformer: whole })
  amountMinor!: number;

  @Column('text')
  currency!: string;

  /** The PSP's token for a card. */
  @Column('text', { name: 'payment_method' })
  paymentMethod!: string;

  @Column('text')
  status!: PaymentStatus;

  @Column('integer')
  version!: number;

  @Column('text', { name: 'psp_reference', nullable: true })
  pspReference!: string | null;

  @Column('text', { name: 'failure_code', nullable: true })
  failureCode!: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'completed_at', precision: 3, nullable: true })
  completedAt!: Date | null;

  @Column('text')
  traceparent!: string;

  /** How often the completer has taken it over. */
  @Column('integer', { name: 'psp_attempts' })
  pspAttempts!: number;
}

/** A payment as its customer sees it. The order of the members is part of the stored bytes. */
export function paymentView(payment: Payment) {
  return {
    id: payment.id,
    orderId: payment.orderId,
    userId: payment.userId,
    status: payment.status,
    amountMinor: payment.amountMinor,
    currency: payment.currency,
    pspReference: payment.pspReference,
    createdAt: payment.createdAt.toISOString(),
    completedAt: payment.completedAt?.toISOString() ?? null,
  };
}
