import type { ConsumerName } from '@effectively-once/contracts';
import type { DataSource } from 'typeorm';
import type { Identity } from './parsed.js';

/** A redrive that was asked for and is not finished. */
export interface OpenRedrive {
  id: string;
  consumer: ConsumerName;
  ratePerS: number;
}

/** A dead letter it has claimed and that is not out yet. */
export interface Claim extends Identity {
  id: string;
  dlqPartition: number;
  dlqOffset: string;
}

/** Advisory locks of this number's space belong to redrives. */
const LOCKS = 6;

/** Redrives under way, as the database has them: what a console that died has left is found here. */
export class OpenRedrives {
  constructor(private readonly database: DataSource) {}

  /** The oldest first. */
  async all(): Promise<OpenRedrive[]> {
    return await this.database.query(
      `SELECT id, consumer, rate_per_s AS "ratePerS" FROM console.dead_letter_actions
        WHERE finished_at IS NULL AND kind = 'redrive' ORDER BY id`,
    );
  }

  /**
   * Lets one console at a time work at a redrive. The lock is a connection's, so it is free when whoever
   * held it has died. Two at once would only produce duplicates, which are harmless; but why.
   */
  async alone(redrive: OpenRedrive, work: () => Promise<void>): Promise<void> {
    const runner = this.database.createQueryRunner();
    await runner.connect();
    try {
      const key = [LOCKS, Number(BigInt(redrive.id) % 2_147_483_647n)];
      const [lock] = (await runner.query(`SELECT pg_try_advisory_lock($1, $2) AS held`, key)) as [
        { held: boolean },
      ];
      if (!lock.held) return;
      try {
        await work();
      } finally {
        await runner.query(`SELECT pg_advisory_unlock($1, $2)`, key);
      }
    } finally {
      await runner.release();
    }
  }

  /** In the order of the topic, which per user is the order of the payments. */
  async claims(redrive: OpenRedrive, max: number): Promise<Claim[]> {
    return await this.database.query(
      `SELECT id, original_topic AS "originalTopic", original_partition AS "originalPartition",
              original_offset AS "originalOffset", redrive_count AS "redriveCount",
              dlq_partition AS "dlqPartition", dlq_offset AS "dlqOffset"
         FROM console.dead_letters WHERE action_id = $1 AND state = 'pending'
        ORDER BY dlq_partition, dlq_offset LIMIT $2`,
      [redrive.id, max],
    );
  }

  async markRedriven(redrive: OpenRedrive, ids: string[]): Promise<void> {
    await this.database.query(
      `UPDATE console.dead_letters SET state = 'redriven', state_changed_at = clock_timestamp()
        WHERE consumer = $1 AND action_id = $2 AND id = ANY ($3::text[]) AND state = 'pending'`,
      [redrive.consumer, redrive.id, ids],
    );
  }

  /** These cannot be redriven, and somebody else may decide about them. */
  async giveBack(redrive: OpenRedrive, ids: string[]): Promise<void> {
    await this.database.query(
      `WITH given_back AS (
         UPDATE console.dead_letters SET action_id = NULL
          WHERE consumer = $1 AND action_id = $2 AND id = ANY ($3::text[]) AND state = 'pending'
         RETURNING id)
       UPDATE console.dead_letter_actions
          SET given_back = given_back + (SELECT count(*) FROM given_back) WHERE id = $2`,
      [redrive.consumer, redrive.id, ids],
    );
  }

  async finish(redrive: OpenRedrive): Promise<void> {
    await this.database.query(
      `UPDATE console.dead_letter_actions action SET finished_at = clock_timestamp()
        WHERE id = $1 AND NOT EXISTS (SELECT FROM console.dead_letters
                                       WHERE action_id = action.id AND state = 'pending')`,
      [redrive.id],
    );
  }
}
