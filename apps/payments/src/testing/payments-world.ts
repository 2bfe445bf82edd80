import { auditPaymentsAlone } from '@effectively-once/audit/payments-alone';
import { pino } from 'pino';
import type { DataSource } from 'typeorm';
import { Checkout } from '../checkout/checkout.js';
import { systemClockAndIds } from '../runtime/clock-and-ids.js';
import { Completer } from '../recovery/completer.js';
import { paymentsDataSource } from '../runtime/database.js';
import { forgetExpiredKeys } from '../checkout/expired-keys.js';
import type { CheckoutPoint } from '../runtime/failure-points.js';
import { PspCircuitBreaker } from '../psp/circuit-breaker.js';
import { Psp } from '../psp/psp.js';
import { Refunds } from '../recovery/refunds.js';
import { Finalizer } from '../payment/finalizer.js';
import { freshDatabase, type FreshDatabase } from './fresh-database.js';
import { ScriptedPsp } from './scripted-psp.js';

/** Thrown where a process would have died: nothing of the request runs any more. */
export class Crash extends Error {}

const PSP_TIMEOUT_MS = 80;

/**
 * The money's side of the service without HTTP and without a background: a real database, a scripted PSP,
 * a clock that is set, time that passes, and crashes where they are wanted. Everything happens when a test says so.
 */
export class PaymentsWorld {
  psp = new ScriptedPsp();
  checkout!: Checkout;
  completer!: Completer;
  finalizer!: Finalizer;
  refunds!: Refunds;
  crashAt: CheckoutPoint | undefined;
  /** Time that has passed without anybody waiting for it. */
  private passedMs = 0;
  /** How far this service's own clock is off. */
  private clockOffMs = 0;

  private constructor(
    private readonly database: FreshDatabase,
    private readonly dataSource: DataSource,
  ) {}

  static async create(): Promise<PaymentsWorld> {
    const database = await freshDatabase();
    const url = database.as('payments_app');
    const dataSource = await paymentsDataSource({ url }).initialize();
    return new PaymentsWorld(database, dataSource);
  }

  async destroy(): Promise<void> {
    await this.psp.close();
    await this.dataSource.destroy();
    await this.database.drop();
  }

  /** Nobody has ever paid, and every process is fresh. */
  async begin(): Promise<void> {
    const tables = ['refunds', 'recipients', 'idempotency_keys', 'outbox', 'payments'];
    const names = tables.map((table) => `payments.${table}`).join();
    await this.database.admin.query(`TRUNCATE ${names}`);
    this.passedMs = 0;
    this.clockOffMs = 0;
    this.crashAt = undefined;
    await this.psp.close();
    this.psp = new ScriptedPsp();
    this.psp.nowMs = () => this.trueMs();
    this.psp.searchLagMs = 59_000;
    await this.psp.open();
    this.start();
  }

  /** What a restarted process has forgotten: its circuit, and what it had heard from the PSP. */
  start(): void {
    const { dataSource } = this;
    const clockAndIds = {
      ...systemClockAndIds,
      now: () => new Date(this.clockMs()),
      nowMs: () => this.trueMs(),
    };
    const logger = pino({ level: 'silent' });
    const times = { pspTimeoutMs: PSP_TIMEOUT_MS };
    const reach = (point: CheckoutPoint) => {
      if (this.crashAt === point) throw new Crash(point);
    };
    const psp = new Psp({ url: this.psp.url, secretKey: 'sk_test', timeoutMs: PSP_TIMEOUT_MS });
    const circuitBreaker = new PspCircuitBreaker({
      nowMs: () => this.trueMs(),
      onOutage: () => undefined,
    });
    this.refunds = new Refunds(dataSource, psp, logger, times);
    this.finalizer = new Finalizer(dataSource, this.refunds, clockAndIds, reach);
    const { finalizer } = this;
    const parts = { dataSource, psp, circuitBreaker, finalizer, clockAndIds, reach, logger };
    this.checkout = new Checkout(parts, times);
    this.completer = new Completer(parts, times);
  }

  /** Never goes back. */
  private trueMs(): number {
    return performance.timeOrigin + performance.now() + this.passedMs;
  }

  private clockMs(): number {
    return this.trueMs() + this.clockOffMs;
  }

  /** Our clock is set: forth or back, by as much as NTP does at once. Nobody else's is, and no time passes. */
  stepClock(ms: number): void {
    this.clockOffMs += ms;
  }

  /** The database's own clock cannot be moved, so its rows grow older instead. */
  async passTime(ms: number): Promise<void> {
    this.passedMs += ms;
    const older = (column: string) => `${column} = ${column} - $1 * interval '1 millisecond'`;
    const { admin } = this.database;
    await admin.query(`UPDATE payments.payments SET ${older('lease_until')}`, [ms]);
    await admin.query(`UPDATE payments.refunds SET ${older('next_try_at')}`, [ms]);
  }

  async forgetExpiredKeys(): Promise<void> {
    // A key's age is written by our clock and judged by the database's.
    const shift = async (ms: number) =>
      await this.database.admin.query(
        `UPDATE payments.idempotency_keys
         SET created_at = created_at + $1 * interval '1 millisecond'`,
        [ms],
      );
    await shift(-this.passedMs);
    await forgetExpiredKeys(this.dataSource, new AbortController().signal);
    await shift(this.passedMs);
  }

  async rows<Row extends object>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return (await this.database.admin.query<Row>(sql, parameters)).rows;
  }

  /** What the auditor has to say of this side of the system. */
  async findings(): Promise<unknown[]> {
    return await auditPaymentsAlone({
      paymentsUrl: this.database.as('auditor'),
      charges: async () => chargesOf(this.psp),
      cutoff: new Date(this.clockMs()),
    });
  }
}

function chargesOf({ captures, refunded }: ScriptedPsp) {
  return captures.flatMap(({ id, paymentId, amount, currency }) => {
    const charge = { id, paymentId, amountMinor: amount, currency, atMs: 0 };
    const captured = { ...charge, status: 'captured' as const };
    return refunded.has(id) ? [captured, { ...charge, status: 'refunded' as const }] : [captured];
  });
}
