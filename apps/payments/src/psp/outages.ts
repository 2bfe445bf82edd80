import type { DataSource } from 'typeorm';
import { pool } from '../runtime/database.js';
import type { Outage } from './circuit-breaker.js';

// Kept long enough for every payment that may still be open. (A payment that is, after this long, was
// not kept open by an outage.)
const KEPT_D = 30;
// Outages that could not be written because the database was down too. One forgotten makes the audit
// stricter, never blind.
const UNWRITTEN_MAX = 100;

const RECORD = `
  INSERT INTO payments.psp_outages (id, open_from, open_until)
  VALUES ($1, now() - $2 * interval '1 millisecond', now() - $3 * interval '1 millisecond')
  ON CONFLICT (id) DO UPDATE SET open_until = excluded.open_until`;

/**
 * Writes down when the circuit was open, while it is: nothing can be settled meanwhile, and the audit (I4)
 * must not hold that against a payment. `open_until` moves on second by second, so a process that dies
 * vouches for nothing after its death.
 */
export class PspOutages {
  private readonly outages = new Map<string, Outage>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly options: { newId: () => string; nowMs: () => number },
  ) {}

  add(outage: Outage): void {
    this.outages.set(this.options.newId(), outage);
    const oldest = this.outages.keys().next();
    if (this.outages.size > UNWRITTEN_MAX && !oldest.done) this.outages.delete(oldest.value);
  }

  async record(): Promise<void> {
    for (const [id, outage] of [...this.outages]) {
      const nowMs = this.options.nowMs();
      // Taken before the statement: the outage may end while it runs.
      const { sinceMs, untilMs } = outage;
      const values = [id, nowMs - sinceMs, nowMs - (untilMs ?? nowMs)];
      await pool(this.dataSource).query({ name: 'record_outage', text: RECORD, values });
      if (untilMs !== undefined) this.outages.delete(id);
    }
  }
}

export async function forgetOldOutages(dataSource: DataSource): Promise<void> {
  await pool(dataSource).query(
    `DELETE FROM payments.psp_outages WHERE open_until < now() - $1 * interval '1 day'`,
    [KEPT_D],
  );
}
