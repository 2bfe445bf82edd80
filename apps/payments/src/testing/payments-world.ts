import { auditPaymentsAlone } from '@effectively-once/audit/payments-alone';
import { pino } from 'pino';
import type { DataSource } from 'typeorm';
import { Checkout } from '../checkout/checkout.js';
import { LoadShedding } from '../checkout/load-shedding.js';
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

/** Thrown at a failure point instead of a crash: no more code of the request runs. */
export class Crash extends Error {}

const PSP_TIMEOUT_MS = 80;

/**
 * Checkout, completer, finalizer and refunds without HTTP and without periodic tasks: a real
 * database, a scripted PSP, a clock that the test sets, and crashes at failure points.
 */
export class PaymentsWorld {
  psp = new ScriptedPsp();
  checkout!: Checkout;
  completer!: Completer;
  finalizer!: Finalizer;
  refunds!: Refunds;
  crashAt: CheckoutPoint | undefined;
  /** Simulated time that has passed. */
  private passedMs = 0;
  /** The difference of this service's wall clock. */
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

  /** No payments, and a new process. */
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

  /** Starts a new process: it has forgotten its circuit and the answers of the PSP. */
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
    this.refunds = new Refunds(dataSource, psp.reversals, logger, times);
    this.finalizer = new Finalizer(dataSource, this.refunds, {
      clockAndIds,
      reach,
      eventVersion: 1,
    });
    const { finalizer } = this;
    const parts = { dataSource, psp, circuitBreaker, finalizer, clockAndIds, reach, logger };
    const loadShedding = new LoadShedding({ nowMs: () => this.trueMs(), random: Math.random });
    this.checkout = new Checkout({ ...parts, loadShedding }, times);
    this.completer = new Completer(parts, times);
  }

  /** Monotonic. */
  private trueMs(): number {
    return performance.timeOrigin + performance.now() + this.passedMs;
  }

  private clockMs(): number {
    return this.trueMs() + this.clockOffMs;
  }

  /** Sets our wall clock forward or back, as NTP does. Other clocks stay, and no time passes. */
  stepClock(ms: number): void {
    this.clockOffMs += ms;
  }

  /** The database's clock cannot be set, so its rows get older instead. */
  async passTime(ms: number): Promise<void> {
    this.passedMs += ms;
    const older = (column: string) => `${column} = ${column} - $1 * interval '1 millisecond'`;
    const { admin } = this.database;
    await admin.query(`UPDATE payments.payments SET ${older('lease_until')}`, [ms]);
    await admin.query(`UPDATE payments.refunds SET ${older('next_try_at')}`, [ms]);
  }

  async forgetExpiredKeys(): Promise<void> {
    // Our clock writes the age of a key, and the database's clock compares it.
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

  /** The findings of the audit about payments and the PSP. */
  async findings(): Promise<unknown[]> {
    return await auditPaymentsAlone({
      paymentsUrl: this.database.as('auditor'),
      charges: async () => chargesOf(this.psp),
      cutoff: new Date(this.clockMs()),
    });
  }
}

function chargesOf({ captures, reversals }: ScriptedPsp) {
  return captures.flatMap(({ id, paymentId, amount, currency }) => {
    const charge = { id, paymentId, amountMinor: amount, currency, atMs: 0 };
    const captured = { ...charge, status: 'captured' as const };
    return reversals.isRefunded(id)
      ? [captured, { ...charge, status: 'refunded' as const }]
      : [captured];
  });
}
