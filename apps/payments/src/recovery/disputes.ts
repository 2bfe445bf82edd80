import type { Logger } from '@effectively-once/platform';
import type { DataSource } from 'typeorm';
import type { Pool } from 'pg';
import { validate as isUuid } from 'uuid';
import { pool } from '../runtime/database.js';
import { pspDisputes } from '../runtime/metrics.js';
import type { PspReversals } from '../psp/psp-reversals.js';

const BATCH_MAX = 10;
const CLOSED = `('won', 'lost', 'warning_closed', 'prevented')`;

const OPEN = `
  INSERT INTO payments.disputes (id, psp_reference, status, reason, found_at, next_look_at)
  VALUES ($1, $2, $3, $4, now(), now())
  ON CONFLICT (id) DO UPDATE SET next_look_at = now()
  RETURNING xmax = 0 AS "isNew"`;

// Sets the time of the next look first, so that no two processes look at the same time.
const TAKE = `
  UPDATE payments.disputes SET next_look_at = now() + interval '1 hour'
  WHERE id IN (
    SELECT id FROM payments.disputes WHERE next_look_at <= now()
    ORDER BY next_look_at LIMIT $1 FOR UPDATE SKIP LOCKED)
  RETURNING id, status`;

const RECORD = `
  UPDATE payments.disputes
  SET status = $2::text, psp_reference = coalesce($3, psp_reference), payment_id = $4,
    next_look_at = CASE WHEN $2::text IN ${CLOSED} THEN 'infinity' ELSE next_look_at END
  WHERE id = $1`;

export interface AnnouncedDispute {
  id: string;
  pspReference: string | undefined;
  status: string;
  reason: string;
}

/**
 * A customer disputes a charge with the card's issuer. If we do not answer in time, or not well,
 * the issuer takes the money back (a chargeback). Payments changes nothing: it tells a person, and
 * asks the PSP hourly until the dispute is closed, because webhooks come in any order, or never.
 */
export class Disputes {
  constructor(
    private readonly dataSource: DataSource,
    private readonly psp: PspReversals,
    private readonly logger: Logger,
  ) {}

  async announced(dispute: AnnouncedDispute): Promise<void> {
    const { id, pspReference, status, reason } = dispute;
    const values = [id, pspReference ?? null, status, reason];
    const { rows } = await pool(this.dataSource).query<{ isNew: boolean }>(OPEN, values);
    if (!rows[0]?.isNew) return;
    this.count(status);
    this.logger.error({ disputeId: id, pspReference, status }, 'a customer disputes a charge');
  }

  /** Looks up one batch of the disputes that are due. */
  async run(): Promise<void> {
    const due = await pool(this.dataSource).query<{ id: string; status: string }>(TAKE, [
      BATCH_MAX,
    ]);
    await Promise.all(due.rows.map((dispute) => this.lookUp(dispute)));
  }

  private async lookUp({ id, status }: { id: string; status: string }): Promise<void> {
    const found = await this.psp.dispute(id);
    if (found === 'unknown') return;
    const paymentId = found.paymentId && isUuid(found.paymentId) ? found.paymentId : null;
    const values = [id, found.status, found.pspReference ?? null, paymentId];
    await pool(this.dataSource).query(RECORD, values);
    if (found.status === status) return;
    this.count(found.status);
    this.logger.warn({ disputeId: id, paymentId, status: found.status }, 'a dispute has changed');
  }

  private count(status: string): void {
    if (status === 'lost') pspDisputes.inc({ result: 'lost' });
    else if (status === 'won') pspDisputes.inc({ result: 'won' });
    else if (status.endsWith('needs_response')) pspDisputes.inc({ result: 'opened' });
  }
}

/** How many disputes are not closed. A status that Stripe adds one day needs a person too. */
export async function openDisputes(connections: Pool) {
  const { rows } = await connections.query<{ state: string; count: number }>(
    `SELECT CASE WHEN status LIKE '%under_review' THEN 'under_review' ELSE 'needs_response' END
        AS state, count(*)::int AS count
       FROM payments.disputes WHERE status NOT IN ${CLOSED} GROUP BY state`,
  );
  return rows;
}
