import type { Logger } from '@effectively-once/platform';
import type Stripe from 'stripe';
import type { DataSource } from 'typeorm';
import { pool } from '../runtime/database.js';

const KEPT_DAYS = 90;

const ID = /^[A-Za-z0-9_]{1,255}$/;
const TYPE = /^[a-z0-9_.]{1,255}$/;

/** Whether it has the form of the PSP's events. A signature alone does not prove that. */
export function isPspEvent(event: { id?: unknown; type?: unknown; data?: unknown }): boolean {
  const { object } = (event.data ?? {}) as { object?: unknown };
  return (
    typeof event.id === 'string' &&
    ID.test(event.id) &&
    typeof event.type === 'string' &&
    TYPE.test(event.type) &&
    typeof object === 'object' &&
    object !== null
  );
}

/**
 * Events that payments has no use for, although the PSP sends them. Each is kept with its ids and
 * its type until an operator has looked at it: it may be about money.
 */
export class PspEvents {
  constructor(
    private readonly dataSource: DataSource,
    private readonly logger: Logger,
  ) {}

  /** @returns false if it was kept before. */
  async keep(event: Stripe.Event): Promise<boolean> {
    const { id, type } = event;
    const objectId = (event.data.object as { id?: unknown }).id;
    const { rowCount } = await pool(this.dataSource).query(
      `INSERT INTO payments.psp_events (id, type, object_id, received_at)
       VALUES ($1, $2, $3, now()) ON CONFLICT (id) DO NOTHING`,
      [id, type, typeof objectId === 'string' && ID.test(objectId) ? objectId : null],
    );
    if (rowCount === 0) return false;
    this.logger.warn({ eventId: id, type }, 'an event of the PSP that payments does not know');
    return true;
  }
}

export async function forgetOldPspEvents(dataSource: DataSource): Promise<void> {
  await pool(dataSource).query(
    `DELETE FROM payments.psp_events WHERE received_at < now() - $1 * interval '1 day'`,
    [KEPT_DAYS],
  );
}
