import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What operators broke on purpose, and whether it went as predicted. */
export class FaultActions1795219200016 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [TABLE, RIGHTS]) await runner.query(sql);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE console.fault_actions');
  }
}

const TABLE = `
  -- A row is written before the fault begins. So a console that dies in between hides no action.
  CREATE TABLE console.fault_actions (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator  text NOT NULL,
    action    text NOT NULL CHECK (action IN ('break', 'revert')),
    target    text NOT NULL,
    kind      text NOT NULL,
    point     text,
    seconds   int,
    asked_at  timestamptz NOT NULL DEFAULT now(),
    -- Why it could not be broken.
    refused   text,
    -- When the console first saw that it is no longer broken.
    ended_at  timestamptz,
    -- What the audit found that judged every payment since asked_at.
    outcome   text CHECK (outcome IN ('as_predicted', 'not_as_predicted')),
    judgement text,
    CHECK ((outcome IS NULL) = (judgement IS NULL))
  );`;

const RIGHTS = `
  GRANT SELECT, INSERT, UPDATE, DELETE ON console.fault_actions TO console_app;
  GRANT SELECT ON console.fault_actions TO auditor;`;
