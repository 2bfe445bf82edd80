import type { Logger } from '@effectively-once/platform';
import type { DataSource } from 'typeorm';
import { pool } from '../runtime/database.js';
import { pspRefunds } from '../runtime/metrics.js';
import type { Psp } from '../psp/psp.js';

/** A capture that pays for nothing. */
export interface CaptureWithoutPayment {
  paymentId: string;
  pspReference: string;
}

const BATCH_MAX = 10;
const WAIT_FIRST_MS = 1_000;
const WAIT_MAX_MS = 3_600_000;

const OWE = `
  INSERT INTO payments.refunds (psp_reference, payment_id, found_at, next_try_at)
  VALUES ($1, $2, now(), now())
  ON CONFLICT (psp_reference) DO NOTHING`;

// The next try is put off before this one is made, so that two processes do not make it together.
const TAKE = `
  UPDATE payments.refunds
  SET attempts = attempts + 1,
    next_try_at = now() + least($1 * 2 ^ least(attempts, 20), $2) * interval '1 millisecond'
      + $3 * interval '1 millisecond'
  WHERE psp_reference IN (
    SELECT psp_reference FROM payments.refunds
    WHERE refunded_at IS NULL AND next_try_at <= now()
    ORDER BY next_try_at LIMIT $4
    FOR UPDATE SKIP LOCKED)
  RETURNING psp_reference AS "pspReference", payment_id AS "paymentId"`;

const DONE = `UPDATE payments.refunds SET refunded_at = now() WHERE psp_reference = $1`;

/**
 * Gives back what was captured for a payment that is not paid: a webhook, a look-up or a late answer
 * found it after the payment was FAILED or DECLINED. Owed first, in our database, then asked for until
 * the PSP has done it.
 */
export class Refunds {
  constructor(
    private readonly dataSource: DataSource,
    private readonly psp: Psp,
    private readonly logger: Logger,
    private readonly options: { pspTimeoutMs: number },
  ) {}

  /** Found twice, owed once. */
  async owe({ paymentId, pspReference }: CaptureWithoutPayment): Promise<void> {
    const { rowCount } = await pool(this.dataSource).query({
      name: 'owe_refund',
      text: OWE,
      values: [pspReference, paymentId],
    });
    if (rowCount === 0) return;
    pspRefunds.inc({ result: 'owed' });
    this.logger.error({ paymentId, pspReference }, 'captured, but not paid: it is refunded');
  }

  /**
   * A second capture of a payment that is paid. Our own requests cannot make one (one PSP key), so it
   * is not known whose it is; the audit (I5) names it until somebody has decided.
   */
  leaveToOperator(surplus: CaptureWithoutPayment): void {
    pspRefunds.inc({ result: 'left_to_a_person' });
    this.logger.error(surplus, 'captured a second time: decide which capture to refund');
  }

  /** Works once through what is owed, at most a batch. */
  async run(): Promise<void> {
    const { rows } = await pool(this.dataSource).query<CaptureWithoutPayment>({
      name: 'take_refunds',
      text: TAKE,
      values: [WAIT_FIRST_MS, WAIT_MAX_MS, this.options.pspTimeoutMs, BATCH_MAX],
    });
    await Promise.all(rows.map((surplus) => this.refund(surplus)));
  }

  private async refund(surplus: CaptureWithoutPayment): Promise<void> {
    const outcome = await this.psp.refund(surplus);
    pspRefunds.inc({ result: outcome });
    switch (outcome) {
      case 'refunded':
        await pool(this.dataSource).query(DONE, [surplus.pspReference]);
        this.logger.info(surplus, 'refunded a capture');
        return;
      case 'failed':
        this.logger.error(surplus, 'a refund failed; it is tried again');
        return;
      default:
        outcome satisfies never;
    }
  }
}

export async function refundsOpen(dataSource: DataSource): Promise<number> {
  const { rows } = await pool(dataSource).query<{ open: number }>(
    'SELECT count(*)::int AS open FROM payments.refunds WHERE refunded_at IS NULL',
  );
  return rows[0]?.open ?? 0;
}
