import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The dead letters of the consumers, their states, and the action log of the operators. */
export class DeadLetters1795219200002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [ACTIONS, DEAD_LETTERS, POSITIONS, RIGHTS, PRUNE]) await runner.query(sql);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION console.prune_dead_letters(int, int)`);
    await runner.query(`
      DROP TABLE console.dead_letter_positions, console.dead_letters, console.dead_letter_actions`);
  }
}

const ACTIONS = `
  -- The action log: who decided what, when and why. The console stores a redrive before it produces
  -- the first record, so that the next console can finish it after a crash.
  CREATE TABLE console.dead_letter_actions (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text        NOT NULL CHECK (kind IN ('redrive', 'discard')),
    consumer    text        NOT NULL,
    operator    text        NOT NULL,
    reason      text        CHECK (kind <> 'discard' OR reason <> ''),
    -- The ids or the filter of the request.
    filter      jsonb       NOT NULL,
    rate_per_s  int         CHECK (rate_per_s > 0),
    asked_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    -- The dead letters that it claimed, and those that it gave back: their records have expired.
    count       int         NOT NULL DEFAULT 0,
    given_back  int         NOT NULL DEFAULT 0
  );
  CREATE INDEX dead_letter_actions_open
    ON console.dead_letter_actions (id) WHERE finished_at IS NULL;`;

const DEAD_LETTERS = `
  -- One row per dead letter. A crash between produce and commit writes copies of a dead letter.
  -- They have the same identity, which is the primary key. The row has only a hash of key and
  -- value.
  CREATE TABLE console.dead_letters (
    consumer           text        NOT NULL,
    original_topic     text        NOT NULL,
    original_partition int         NOT NULL,
    original_offset    bigint      NOT NULL,
    redrive_count      int         NOT NULL,
    -- The position of the first copy in the dead-letter topic.
    dlq_partition      int         NOT NULL,
    dlq_offset         bigint      NOT NULL,
    id                 text        NOT NULL
      GENERATED ALWAYS AS (dlq_partition::text || '-' || dlq_offset::text) STORED,
    -- The order of ingestion. Pages are cut by it.
    seq                bigint      GENERATED ALWAYS AS IDENTITY UNIQUE,
    -- Of key and value. A record with the same identity and another hash is no copy.
    content_sha256     text        NOT NULL,
    payment_id         text,
    event_id           text,
    -- Null if the headers have no valid error class.
    error_class        text        CHECK (error_class IN ('poison', 'permanent', 'transient')),
    error_name         text        NOT NULL,
    error_message      text        NOT NULL,
    attempts           int         NOT NULL,
    first_failed_at    timestamptz,
    dead_lettered_at   timestamptz NOT NULL,
    app_version        text,
    state              text        NOT NULL DEFAULT 'pending'
      CHECK (state IN ('pending', 'redriven', 'discarded')),
    state_changed_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- While pending: the unfinished redrive that has claimed it.
    action_id          bigint      REFERENCES console.dead_letter_actions,
    PRIMARY KEY (consumer, original_topic, original_partition, original_offset, redrive_count),
    UNIQUE (consumer, id),
    CHECK (state = 'pending' OR action_id IS NOT NULL)
  );
  CREATE INDEX dead_letters_by_state ON console.dead_letters (consumer, state, seq);
  CREATE INDEX dead_letters_of_action ON console.dead_letters (action_id, state);
  CREATE INDEX dead_letters_to_prune ON console.dead_letters (state_changed_at)
    WHERE state = 'redriven' OR (state = 'discarded' AND payment_id IS NULL);`;

const POSITIONS = `
  -- The ingested position of each dead-letter partition. It moves in the transaction that writes
  -- the rows, so a crash stores both or neither.
  CREATE TABLE console.dead_letter_positions (
    consumer    text   NOT NULL,
    partition   int    NOT NULL,
    next_offset bigint NOT NULL CHECK (next_offset >= 0),
    PRIMARY KEY (consumer, partition)
  );`;

const RIGHTS = `
  GRANT SELECT, INSERT, UPDATE ON console.dead_letters, console.dead_letter_positions,
    console.dead_letter_actions TO console_app;
  GRANT SELECT ON console.dead_letters, console.dead_letter_positions,
    console.dead_letter_actions TO auditor;

  -- The states redriven and discarded are final. A statement of the console can change pending rows
  -- only, also if it forgets the condition. It can delete no row.
  ALTER TABLE console.dead_letters ENABLE ROW LEVEL SECURITY;
  CREATE POLICY every_role_reads ON console.dead_letters FOR SELECT USING (true);
  CREATE POLICY begins_pending ON console.dead_letters FOR INSERT WITH CHECK (state = 'pending');
  CREATE POLICY final_states_never_change ON console.dead_letters
    FOR UPDATE USING (state = 'pending') WITH CHECK (true);`;

// The owner runs it, because the console may not delete rows.
const PRUNE = `
  -- Deletes a batch of old rows and returns their number; 0 means that no old row is left.
  --   pending: never. The operator still has to decide.
  --   redriven: when it is older than days_kept.
  --   discarded: the same, but only without a payment id. The audit (I6 to I8) reads the row of a
  --     payment as the reason for a missing effect. Without it, the audit reports a lost effect.
  --   action: when it is finished, older than days_kept and has no dead letters left.
  -- 60 days is the minimum, because the dead-letter topic keeps a record for 30 days, and for up to
  -- a segment of 7 days more. I10 reports a record of the topic that has no row.
  CREATE FUNCTION console.prune_dead_letters(days_kept int, rows_max int) RETURNS int
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS $$
  DECLARE
    before timestamptz := now() - make_interval(days => days_kept);
    letters int;
    actions int;
  BEGIN
    IF days_kept < 60 THEN
      RAISE EXCEPTION 'dead letters are kept for at least 60 days, not %', days_kept
        USING ERRCODE = 'invalid_parameter_value';
    END IF;
    DELETE FROM console.dead_letters
     WHERE seq IN (
       SELECT seq FROM console.dead_letters
        WHERE (state = 'redriven' OR (state = 'discarded' AND payment_id IS NULL))
          AND state_changed_at < before
        ORDER BY state_changed_at LIMIT rows_max FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS letters = ROW_COUNT;
    DELETE FROM console.dead_letter_actions
     WHERE id IN (
       SELECT id FROM console.dead_letter_actions action
        WHERE finished_at < before
          AND NOT EXISTS (SELECT FROM console.dead_letters WHERE action_id = action.id)
        ORDER BY id LIMIT rows_max FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS actions = ROW_COUNT;
    RETURN letters + actions;
  END $$;
  REVOKE ALL ON FUNCTION console.prune_dead_letters(int, int) FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION console.prune_dead_letters(int, int) TO console_app;`;
