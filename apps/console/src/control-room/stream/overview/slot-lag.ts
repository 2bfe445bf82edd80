import { z } from 'zod';
import { SLOT } from '../../../connector/connect-api.js';
import type { Query } from '../../../pipeline/payments-database.js';
import type { Overview } from '../../wire/overview.js';

/** Longer than any lag that is worth a number of seconds. With a reading per second: 900. */
const HISTORY_MS = 900_000;

const position = z.string().transform(BigInt);
const row = z.object({
  current: position,
  confirmed: position.nullable(),
  restart: position.nullable(),
  status: z.string().nullable(),
});

/**
 * How far the connector is behind the write-ahead log, in bytes and in seconds. PostgreSQL knows no
 * seconds: this remembers where the log ended at which time, and finds the time at which it ended
 * at the confirmed position.
 */
export class SlotLag {
  private history: { end: bigint; atMs: number }[] = [];

  constructor(private readonly query: Query) {}

  /** @throws Error if PostgreSQL does not answer, or has no slot. */
  async read(nowMs: number): Promise<Overview['slot']> {
    const [found] = await this.query(
      `SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::text AS current,
              (confirmed_flush_lsn - '0/0'::pg_lsn)::text AS confirmed,
              (restart_lsn - '0/0'::pg_lsn)::text AS restart, wal_status AS status
         FROM pg_replication_slots WHERE slot_name = $1`,
      [SLOT],
    );
    if (!found) throw new Error(`there is no slot ${SLOT}`);
    const { current, confirmed, restart, status } = row.parse(found);
    this.remember(current, nowMs);
    return {
      lagBytes: confirmed === null ? null : String(atLeastZero(current - confirmed)),
      lagSeconds: confirmed === null ? null : this.secondsSince(confirmed, current, nowMs),
      retainedBytes: restart === null ? null : String(atLeastZero(current - restart)),
      status,
    };
  }

  private remember(end: bigint, atMs: number): void {
    // After a restore the log may end earlier than before. Then the history is that of another log.
    if (end < (this.history.at(-1)?.end ?? 0n)) this.history = [];
    this.history.push({ end, atMs });
    const isOld = (this.history[0]?.atMs ?? atMs) < atMs - HISTORY_MS;
    if (isOld) this.history.shift();
  }

  /** null if the confirmed position is older than everything that this has seen. */
  private secondsSince(confirmed: bigint, current: bigint, nowMs: number): number | null {
    if (confirmed >= current) return 0;
    const seen = this.history.findLast(({ end }) => end <= confirmed);
    return seen ? Math.max(0, nowMs - seen.atMs) / 1_000 : null;
  }
}

const atLeastZero = (bytes: bigint) => (bytes < 0n ? 0n : bytes);
