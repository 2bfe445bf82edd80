import type { Logger } from '@effectively-once/platform';
import type { DataSource } from 'typeorm';
import { pool } from '../runtime/database.js';
import { pspRefunds } from '../runtime/metrics.js';
import type { Psp } from '../psp/psp.js';

/** A capture that no COMPLETED payment needs: its payment failed, or already has a capture. */
export interface UnneededCapture {
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

// Sets the time of the next attempt before this one starts, so that no two processes start it.
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
 * Refunds a capture of a payment that is FAILED or DECLINED: a webhook, a look-up or a late answer
 * found it afterwards. First it stores that the refund is owed. Then it repeats the request until
 * the PSP has refunded.
 */
export class Refunds {
  constructor(
    private readonly dataSource: DataSource,
    private readonly psp: Psp,
    private readonly logger: Logger,
    private readonly options: { pspTimeoutMs: number },
  ) {}

  /** Idempotent: a capture that is found twice is owed once. */
  async owe({ paymentId, pspReference }: UnneededCapture): Promise<void> {
    const { rowCount } = await pool(this.dataSource).query({
      name: 'owe_refund',
      text: OWE,
      values: [pspReference, paymentId],
    });
    if (rowCount === 0) return;
    pspRefunds.inc({ result: 'owed' });
    this.logger.error({ paymentId, pspReference }, 'captured, but not paid: payments refunds it');
  }

  /**
   * A second capture of a COMPLETED payment. Our own requests cannot cause one (one PSP key), so
   * its origin is unknown. The audit (I5) reports it until an operator has decided.
   */
  leaveToOperator(capture: UnneededCapture): void {
    pspRefunds.inc({ result: 'left_to_a_person' });
    this.logger.error(capture, 'captured a second time: decide which capture to refund');
  }

  /** Requests one batch of the refunds that are due. */
  async run(): Promise<void> {
    const { rows } = await pool(this.dataSource).query<UnneededCapture>({
      name: 'take_refunds',
      text: TAKE,
      values: [WAIT_FIRST_MS, WAIT_MAX_MS, this.options.pspTimeoutMs, BATCH_MAX],
    });
    await Promise.all(rows.map((capture) => this.refund(capture)));
  }

  private async refund(capture: UnneededCapture): Promise<void> {
    const outcome = await this.psp.refund(capture);
    pspRefunds.inc({ result: outcome });
    switch (outcome) {
      case 'refunded':
        await pool(this.dataSource).query(DONE, [capture.pspReference]);
        this.logger.info(capture, 'refunded a capture');
        return;
      case 'failed':
        this.logger.error(capture, 'a refund failed; payments repeats it');
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
