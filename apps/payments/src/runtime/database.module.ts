import {
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { paymentsDataSource, pool } from './database.js';
import { watchDatabase } from './metrics.js';
import { outboxPartitionsAhead, outboxPartitionsOverdue } from '../outbox/partitions.js';
import { Payment } from '../payment/payment.entity.js';
import { openDisputes } from '../recovery/disputes.js';
import { openRefunds } from '../recovery/refunds.sql.js';

/** The connection pool of the service: open before the first request, closed after the last. */
@Module({})
export class DatabaseModule implements OnModuleInit, OnApplicationShutdown {
  constructor(private readonly dataSource: DataSource) {}

  static register(url: string): DynamicModule {
    return {
      module: DatabaseModule,
      providers: [
        {
          provide: DataSource,
          useFactory: async () => await paymentsDataSource({ url }).initialize(),
        },
      ],
      exports: [DataSource],
    };
  }

  onModuleInit(): void {
    const connections = pool(this.dataSource);
    watchDatabase({
      openPayments: async () =>
        await this.dataSource
          .getRepository(Payment)
          .createQueryBuilder('payment')
          .select('payment.status', 'status')
          .addSelect('count(*)::int', 'count')
          .where(`payment.status IN ('PENDING', 'UNKNOWN')`)
          .groupBy('payment.status')
          .getRawMany<{ status: string; count: number }>(),
      openPaymentsOldestSeconds: async () => await openPaymentsOldestSeconds(this.dataSource),
      openRefunds: async () => await openRefunds(connections),
      openDisputes: async () => await openDisputes(connections),
      outboxPartitionsAhead: async () => await outboxPartitionsAhead(this.dataSource),
      outboxPartitionsOverdue: async () => await outboxPartitionsOverdue(this.dataSource),
      pool: () => ({
        total: connections.totalCount,
        idle: connections.idleCount,
        waiting: connections.waitingCount,
      }),
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.dataSource.destroy();
  }
}

async function openPaymentsOldestSeconds(dataSource: DataSource): Promise<number> {
  const [row] = await dataSource.query<{ seconds: number }[]>(
    `SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS seconds
       FROM payments.payments
      WHERE status IN ('PENDING', 'UNKNOWN')`,
  );
  return row?.seconds ?? 0;
}
