import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Dead letters that were too large for their topic, and redrives that the console refused. */
export class CutDeadLetters1795219200004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [CUT, REFUSED]) await runner.query(sql);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE console.dead_letter_actions DROP COLUMN refused`);
    await runner.query(`
      ALTER TABLE console.dead_letters
        DROP COLUMN value_cut, DROP COLUMN redrivable_until, DROP COLUMN cannot_redrive`);
  }
}

const CUT = `
  ALTER TABLE console.dead_letters
    -- The number of bytes of the original value, if the dead letter was cut; else null.
    ADD COLUMN value_cut int CHECK (value_cut >= 0),
    -- A cut dead letter is redriven from its original record, which its topic keeps until then.
    ADD COLUMN redrivable_until timestamptz,
    -- Why a redrive has given it back. Null after a redrive that succeeded.
    ADD COLUMN cannot_redrive text
      CHECK (cannot_redrive IN ('record_gone', 'original_gone', 'too_large')),
    ADD CHECK ((value_cut IS NULL) = (redrivable_until IS NULL));`;

const REFUSED = `
  ALTER TABLE console.dead_letter_actions
    -- The first dead letters that the redrive gave back: [{id, why}].
    ADD COLUMN refused jsonb NOT NULL DEFAULT '[]';`;
