import type { ConsumerName } from '@effectively-once/contracts';
import type { DataSource } from 'typeorm';
import type { DeadLetterCause } from '../control-room/wire/dead-letters.js';
import { REDRIVES_MAX } from './redrive/redriven.js';
import type { State } from './requests.js';

interface Row extends Omit<DeadLetterCause, 'firstSeen' | 'lastSeen'> {
  consumer: ConsumerName;
  firstSeen: Date;
  lastSeen: Date;
}

/** Groups the dead letters by their cause: consumer, error class and error name. */
export class DeadLetterCauses {
  constructor(private readonly database: DataSource) {}

  /** The largest group first. */
  async all(state: State): Promise<DeadLetterCause[]> {
    const rows: Row[] = await this.database.query(
      `SELECT consumer, coalesce(error_class, 'unknown') AS "errorClass", error_name AS "errorName",
              count(*)::int AS count,
              count(DISTINCT key_sha256)::int AS users,
              (count(*) FILTER (WHERE key_sha256 IS NULL))::int AS "withoutKey",
              (count(*) FILTER (WHERE state = 'pending' AND action_id IS NOT NULL))::int
                AS "inAction",
              (count(*) FILTER (WHERE redrive_count >= ${REDRIVES_MAX}))::int AS "atLoopGuard",
              min(dead_lettered_at) AS "firstSeen", max(dead_lettered_at) AS "lastSeen"
         FROM console.dead_letters WHERE state = $1
        GROUP BY 1, 2, 3 ORDER BY count(*) DESC, 1, 2, 3`,
      [state],
    );
    return rows.map(({ firstSeen, lastSeen, ...row }) => ({
      ...row,
      firstSeen: firstSeen.toISOString(),
      lastSeen: lastSeen.toISOString(),
    }));
  }
}
