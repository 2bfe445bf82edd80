import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A dead-letter topic that was deleted and created again. Its letters have the positions of earlier
 * ones, so a position alone no longer names one letter.
 */
export class DeadLetterTopicsMadeAnew1795219200017 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [POSITIONS, LETTERS, MADE_ANEW]) await runner.query(sql);
  }

  // Fails while two letters have one position: no older version can tell them apart.
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION console.dead_letter_partition_made_anew(text, int, int, text, text, bigint);
      ALTER TABLE console.dead_letters
        ALTER COLUMN id SET EXPRESSION AS (dlq_partition::text || '-' || dlq_offset::text),
        DROP COLUMN incarnation, DROP COLUMN record_gone_at;
      ALTER TABLE console.dead_letter_positions
        DROP COLUMN topic_id, DROP COLUMN incarnation, DROP COLUMN made_anew_at`);
  }
}

const POSITIONS = `
  ALTER TABLE console.dead_letter_positions
    -- Kafka's id of the topic. A topic that is created again has another one. Null if unknown.
    ADD COLUMN topic_id text,
    -- 1, and one more each time the partition was made anew.
    ADD COLUMN incarnation int NOT NULL DEFAULT 1,
    -- When the console noticed the last time.
    ADD COLUMN made_anew_at timestamptz;`;

const LETTERS = `
  ALTER TABLE console.dead_letters
    -- Of its partition, when it was ingested.
    ADD COLUMN incarnation int NOT NULL DEFAULT 1,
    -- When the console noticed that the partition was made anew without the record of this letter.
    ADD COLUMN record_gone_at timestamptz;
  ALTER TABLE console.dead_letters
    ALTER COLUMN id SET EXPRESSION AS (
      dlq_partition::text || '-' || dlq_offset::text
        || CASE WHEN incarnation > 1 THEN '-' || incarnation::text ELSE '' END);`;

// The owner runs it, because it also changes rows whose state is final.
const MADE_ANEW = `
  -- A partition of a dead-letter topic was made anew: its records begin at new_offset again. The
  -- letters from there on keep their rows and lose their records. Returns how many of them are
  -- pending, or null if another console was first.
  CREATE FUNCTION console.dead_letter_partition_made_anew(
    of_consumer text, of_partition int, seen_incarnation int, topic text, new_topic_id text,
    new_offset bigint) RETURNS int
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS $$
  DECLARE
    pending int;
  BEGIN
    UPDATE console.dead_letter_positions
       SET incarnation = incarnation + 1, topic_id = new_topic_id, next_offset = new_offset,
           made_anew_at = clock_timestamp()
     WHERE consumer = of_consumer AND partition = of_partition AND incarnation = seen_incarnation;
    IF NOT FOUND THEN
      RETURN NULL;
    END IF;
    WITH gone AS (
      UPDATE console.dead_letters
         SET record_gone_at = clock_timestamp(),
             cannot_redrive = CASE state WHEN 'pending' THEN 'record_gone' ELSE cannot_redrive END,
             -- A letter without the position of an original record has its own as its identity.
             -- The next letter at this position needs it.
             original_topic = original_topic
               || CASE original_topic WHEN topic THEN '~' || incarnation ELSE '' END
       WHERE consumer = of_consumer AND dlq_partition = of_partition AND dlq_offset >= new_offset
         AND record_gone_at IS NULL
      RETURNING state)
    SELECT count(*) FILTER (WHERE state = 'pending') INTO pending FROM gone;
    RETURN pending;
  END $$;
  REVOKE ALL ON FUNCTION
    console.dead_letter_partition_made_anew(text, int, int, text, text, bigint) FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION
    console.dead_letter_partition_made_anew(text, int, int, text, text, bigint) TO console_app;`;
