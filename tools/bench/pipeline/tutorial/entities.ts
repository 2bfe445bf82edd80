import { Column, CreateDateColumn, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

@Entity('payment')
export class PaymentEntity {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column()
  user_id!: string;

  @Column()
  order_id!: string;

  @Column({ type: 'bigint' })
  amount_minor!: number;

  @Column()
  currency!: string;

  @Column({ default: 'PENDING' })
  status!: string;

  @Column({ type: 'text', nullable: true })
  psp_reference!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  completed_at!: Date | null;
}

@Entity('outbox')
export class OutboxMessage {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column()
  topic!: string;

  @Column()
  key!: string;

  @Column({ type: 'jsonb' })
  payload!: object;

  @Column({ default: false })
  processed!: boolean;

  @CreateDateColumn({ type: 'timestamptz' })
  created_at!: Date;
}

@Entity('points_entry')
export class PointsEntryEntity {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ type: 'uuid' })
  payment_id!: string;

  @Column()
  user_id!: string;

  @Column({ type: 'int' })
  points!: number;

  @CreateDateColumn({ type: 'timestamptz' })
  awarded_at!: Date;
}

@Entity('account')
export class AccountEntity {
  @PrimaryColumn()
  user_id!: string;

  @Column({ type: 'int', default: 0 })
  balance!: number;
}
