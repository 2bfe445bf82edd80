import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What consumers gave up, what became of it, and who decided that. */
export class DeadLetters1795219200002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [ACTIONS, DEAD_LETTERS, POSITIONS, RIGHTS]) await runner.query(sql);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE console.dead_letter_positions, console.dead_letters, console.dead_letter_actions`);
  }
}

const ACTIONS = `
  -- What an operator asked for: who, when, what and why. A redrive is written down before its first
  -- record is produced, so that one the console died in is known and finished.
  CREATE TABLE console.dead_letter_actions (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text        NOT NULL CHECK (kind IN ('redrive', 'discard')),
    consumer    text        NOT NULL,
    operator    text        NOT NULL,
    reason      text        CHECK (kind <> 'discard' OR reason <> ''),
    -- As it was asked: ids, or a filter.
    filter      jsonb       NOT NULL,
    rate_per_s  int         CHECK (rate_per_s > 0),
    asked_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    -- Dead letters it claimed, and those of them it had to give back.
    count       int         NOT NULL DEFAULT 0,
    given_back  int         NOT NULL DEFAULT 0
  );
  CREATE INDEX dead_letter_actions_open
    ON console.dead_letter_actions (id) WHERE finished_at IS NULL;`;

const DEAD_LETTERS = `
  -- One row a dead letter. A crash between produce and commit writes copies of one: they have the
  -- same identity, which is the primary key. No key, value or address is kept here, only hashed.
  CREATE TABLE console.dead_letters (
    consumer           text        NOT NULL,
    original_topic     text        NOT NULL,
    original_partition int         NOT NULL,
    original_offset    bigint      NOT NULL,
    redrive_count      int         NOT NULL,
    -- Where it (of copies the first) lies in the dead-letter topic.
    dlq_partition      int         NOT NULL,
    dlq_offset         bigint      NOT NULL,
    id                 text        NOT NULL
      GENERATED ALWAYS AS (dlq_partition::text || '-' || dlq_offset::text) STORED,
    -- In the order they were taken in; what pages are cut by.
    seq                bigint      GENERATED ALWAYS AS IDENTITY UNIQUE,
    -- Of key and value. A copy has its original's; whatever else claims that identity is no copy.
    content_sha256     text        NOT NULL,
    payment_id         text,
    event_id           text,
    -- Null for a record whose headers do not say.
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
    -- Set while pending: claimed by a redrive that is not finished with it.
    action_id          bigint      REFERENCES console.dead_letter_actions,
    PRIMARY KEY (consumer, original_topic, original_partition, original_offset, redrive_count),
    UNIQUE (consumer, id),
    CHECK (state = 'pending' OR action_id IS NOT NULL)
  );
  CREATE INDEX dead_letters_by_state ON console.dead_letters (consumer, state, seq);
  CREATE INDEX dead_letters_of_action ON console.dead_letters (action_id, state);`;

const POSITIONS = `
  -- How far each dead-letter partition has been taken in. Moves in the transaction that writes the
  -- rows, so a console that dies in between has done neither.
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

  -- Redriven and discarded are final, whatever a statement forgets to ask: only what is pending
  -- can be changed, and nothing can be removed.
  ALTER TABLE console.dead_letters ENABLE ROW LEVEL SECURITY;
  CREATE POLICY everybody_reads ON console.dead_letters FOR SELECT USING (true);
  CREATE POLICY begins_pending ON console.dead_letters FOR INSERT WITH CHECK (state = 'pending');
  CREATE POLICY final_states_never_change ON console.dead_letters
    FOR UPDATE USING (state = 'pending') WITH CHECK (true);`;
