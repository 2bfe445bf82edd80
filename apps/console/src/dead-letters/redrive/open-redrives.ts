import type { ConsumerName } from '@effectively-once/contracts';
import type { DataSource } from 'typeorm';
import type { CannotRedrive } from '../../control-room/wire/dead-letters.js';
import type { Identity } from '../ingest/parsed-dead-letter.js';

/** A redrive that is not finished. */
export interface OpenRedrive {
  id: string;
  consumer: ConsumerName;
  ratePerS: number;
}

/** A dead letter that a redrive has claimed and not produced yet. */
export interface RedriveClaim extends Identity {
  id: string;
  dlqPartition: number;
  dlqOffset: string;
  /** Of its key and value. */
  contentSha256: string;
  /** Null if the dead letter is complete. */
  valueCut: number | null;
}

/** A dead letter that a redrive gives back, and the reason. */
export interface GivenBack {
  id: string;
  why: CannotRedrive;
}

/** How many of them the action names. */
const NAMED_MAX = 100;

/** The first key of the advisory locks of redrives. */
const LOCKS = 6;

/** The redrives in the database that are not finished, also those of a console that crashed. */
export class OpenRedrives {
  constructor(private readonly database: DataSource) {}

  /** Oldest first. */
  async all(): Promise<OpenRedrive[]> {
    return await this.database.query(
      `SELECT id, consumer, rate_per_s AS "ratePerS" FROM console.dead_letter_actions
        WHERE finished_at IS NULL AND kind = 'redrive' ORDER BY id`,
    );
  }

  /**
   * Runs `work` in one console at a time. PostgreSQL releases the advisory lock when the connection
   * of a crashed console ends. Two consoles would only produce duplicates, which the consumers
   * deduplicate.
   */
  async exclusively(redrive: OpenRedrive, work: () => Promise<void>): Promise<void> {
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

  /** In the order of the topic, which is the payment order of each user. */
  async claims(redrive: OpenRedrive, max: number): Promise<RedriveClaim[]> {
    return await this.database.query(
      `SELECT id, original_topic AS "originalTopic", original_partition AS "originalPartition",
              original_offset AS "originalOffset", redrive_count AS "redriveCount",
              dlq_partition AS "dlqPartition", dlq_offset AS "dlqOffset", content_sha256 AS "contentSha256",
              value_cut AS "valueCut"
         FROM console.dead_letters WHERE action_id = $1 AND state = 'pending'
        ORDER BY dlq_partition, dlq_offset LIMIT $2`,
      [redrive.id, max],
    );
  }

  async markRedriven(redrive: OpenRedrive, ids: string[]): Promise<void> {
    await this.database.query(
      `UPDATE console.dead_letters SET state = 'redriven', state_changed_at = clock_timestamp(),
              cannot_redrive = NULL
        WHERE consumer = $1 AND action_id = $2 AND id = ANY ($3::text[]) AND state = 'pending'`,
      [redrive.consumer, redrive.id, ids],
    );
  }

  /**
   * Releases the claim on dead letters that cannot be redriven, and stores why, so that an operator
   * can repair the cause or discard them.
   */
  async giveBack(redrive: OpenRedrive, letters: GivenBack[]): Promise<void> {
    await this.database.query(
      `WITH given_back AS (
         UPDATE console.dead_letters letter SET action_id = NULL, cannot_redrive = given.why
           FROM jsonb_to_recordset($3::jsonb) AS given (id text, why text)
          WHERE consumer = $1 AND action_id = $2 AND letter.id = given.id AND state = 'pending'
         RETURNING letter.id, given.why)
       UPDATE console.dead_letter_actions
          SET given_back = given_back + (SELECT count(*) FROM given_back),
              refused = jsonb_path_query_array(
                refused || coalesce((SELECT jsonb_agg(to_jsonb(one)) FROM given_back one), '[]'),
                '$[0 to ${NAMED_MAX - 1}]')
        WHERE id = $2`,
      [redrive.consumer, redrive.id, JSON.stringify(letters)],
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
