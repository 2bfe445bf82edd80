import type { DataSource } from 'typeorm';
import { pool } from '../runtime/database.js';
import type { Outage } from './circuit-breaker.js';

// Longer than a payment stays open because of an outage.
const KEPT_D = 30;
// The limit of outages that wait for a database that is down too. A forgotten outage makes the
// audit stricter, never blind.
const UNWRITTEN_MAX = 100;

const RECORD = `
  INSERT INTO payments.psp_outages (id, open_from, open_until)
  VALUES ($1, now() - $2 * interval '1 millisecond', now() - $3 * interval '1 millisecond')
  ON CONFLICT (id) DO UPDATE SET open_until = excluded.open_until`;

/**
 * Records when the circuit was open. Meanwhile payments cannot become final, and the audit (I4)
 * must not count that time. `open_until` moves on every second, so that a crash ends the record.
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
      // Read before the statement, because the outage may end while it runs.
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
