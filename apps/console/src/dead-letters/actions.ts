import type { ConsumerName } from '@effectively-once/contracts';
import type { DataSource, EntityManager } from 'typeorm';
import { REDRIVES_MAX } from './redriven.js';
import type { Filter, RedriveRequest } from './requests.js';

/** Why a dead letter that was asked for is not acted upon. */
export type Refusal =
  /** Redriven three times already. */
  | 'loop_guard'
  | 'redriven'
  | 'discarded'
  /** Claimed by a redrive that is under way. */
  | 'in_action'
  /** The action claims no more than its `max`. */
  | 'beyond_max';

export interface Refused {
  id: string;
  why: Refusal;
}

/** Who asks, and about whose dead letters. */
export interface Asked {
  consumer: ConsumerName;
  operator: string;
}

type Recorded =
  | ({ kind: 'redrive' } & Pick<RedriveRequest, 'ids' | 'filter' | 'ratePerS'>)
  | { kind: 'discard'; ids: string[]; reason: string };

export interface Claimed {
  /** Null when there was nothing to claim: then nothing is written down either. */
  actionId: string | null;
  ids: string[];
}

/**
 * Operators' decisions. Each locks the dead letters it may have, all in one order, and claims them in the
 * same statement. Of two who decide at once about one, the second waits for its lock, and PostgreSQL asks
 * its condition again when it gets it: it is not pending, or not free, any more.
 */
export class Actions {
  constructor(private readonly database: DataSource) {}

  /** Writes the redrive down and claims its dead letters; what is claimed stays pending until it is out. */
  async claimRedrive(asked: Asked, request: RedriveRequest): Promise<Claimed> {
    return await this.record(asked, { ...request, kind: 'redrive' }, async (manager, actionId) => {
      const [rows] = await manager.query<[{ id: string }[], number]>(
        `WITH claimed AS MATERIALIZED (${REDRIVABLE} ORDER BY seq LIMIT $5 FOR UPDATE)
         UPDATE console.dead_letters letter SET action_id = $4 FROM claimed
          WHERE (letter.consumer, letter.id) = (claimed.consumer, claimed.id) RETURNING letter.id`,
        [...wanted(asked.consumer, request), actionId, request.max],
      );
      return rows.map(({ id }) => id);
    });
  }

  /** What `claimRedrive` would claim now. */
  async dryRun({ consumer }: Asked, request: RedriveRequest): Promise<string[]> {
    const rows: { id: string }[] = await this.database.query(
      `${REDRIVABLE} ORDER BY seq LIMIT $4`,
      [...wanted(consumer, request), request.max],
    );
    return rows.map(({ id }) => id);
  }

  /** How many more a redrive without `max` would claim. */
  async left({ consumer }: Asked, request: RedriveRequest): Promise<number> {
    const rows: { left: number }[] = await this.database.query(
      `SELECT count(*)::int AS left FROM (${REDRIVABLE}) AS redrivable`,
      wanted(consumer, request),
    );
    return rows[0]?.left ?? 0;
  }

  /** Ends dead letters without redriving them. Done when it returns. */
  async discard(asked: Asked, request: { ids: string[]; reason: string }): Promise<Claimed> {
    return await this.record(asked, { ...request, kind: 'discard' }, async (manager, actionId) => {
      const [rows] = await manager.query<[{ id: string }[], number]>(
        `WITH claimed AS MATERIALIZED (
           SELECT consumer, id FROM console.dead_letters
            WHERE consumer = $1 AND id = ANY ($2::text[]) AND state = 'pending' AND action_id IS NULL
            ORDER BY seq FOR UPDATE)
         UPDATE console.dead_letters letter
            SET state = 'discarded', state_changed_at = clock_timestamp(), action_id = $3
           FROM claimed WHERE (letter.consumer, letter.id) = (claimed.consumer, claimed.id) RETURNING letter.id`,
        [asked.consumer, request.ids, actionId],
      );
      await manager.query(
        `UPDATE console.dead_letter_actions SET finished_at = clock_timestamp() WHERE id = $1`,
        [actionId],
      );
      return rows.map(({ id }) => id);
    });
  }

  /** Of the ids asked for, those that do not exist. */
  async unknown(consumer: ConsumerName, ids: string[]): Promise<string[]> {
    const rows: { id: string }[] = await this.database.query(
      `SELECT asked.id FROM unnest($2::text[]) AS asked (id)
        WHERE NOT EXISTS (SELECT FROM console.dead_letters d
                           WHERE d.consumer = $1 AND d.id = asked.id)`,
      [consumer, ids],
    );
    return rows.map(({ id }) => id);
  }

  /** Why each of these, known but not claimed, was refused. */
  async refused(asked: Asked, kind: 'redrive' | 'discard', ids: string[]): Promise<Refused[]> {
    const rows: { id: string; why: Refusal }[] = await this.database.query(
      `SELECT id, CASE WHEN state <> 'pending' THEN state
                       WHEN action_id IS NOT NULL THEN 'in_action'
                       WHEN $3 AND redrive_count >= ${REDRIVES_MAX} THEN 'loop_guard'
                       ELSE 'beyond_max' END AS why
         FROM console.dead_letters WHERE consumer = $1 AND id = ANY ($2::text[]) ORDER BY seq`,
      [asked.consumer, ids, kind === 'redrive'],
    );
    return rows;
  }

  /** The pending ones a filter means, but the loop guard keeps back; at most so many of them by id. */
  async guarded({ consumer }: Asked, filter: Filter, idsMax: number): Promise<string[]> {
    const rows: { id: string }[] = await this.database.query(
      `SELECT id FROM console.dead_letters
        WHERE consumer = $1 AND state = 'pending' AND redrive_count >= ${REDRIVES_MAX}
          AND ($2::text IS NULL OR error_name = $2) ORDER BY seq LIMIT $3`,
      [consumer, filter.errorName ?? null, idsMax],
    );
    return rows.map(({ id }) => id);
  }

  private async record(
    { consumer, operator }: Asked,
    what: Recorded,
    claim: (manager: EntityManager, actionId: string) => Promise<string[]>,
  ): Promise<Claimed> {
    const runner = this.database.createQueryRunner();
    await runner.connect();
    await runner.startTransaction();
    try {
      const [action] = (await runner.query(
        `INSERT INTO console.dead_letter_actions (kind, consumer, operator, reason, filter, rate_per_s)
         VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
        [
          ...[what.kind, consumer, operator, 'reason' in what ? what.reason : null],
          ...[JSON.stringify(filterOf(what)), 'ratePerS' in what ? what.ratePerS : null],
        ],
      )) as [{ id: string }];
      const ids = await claim(runner.manager, action.id);
      if (ids.length === 0) {
        await runner.rollbackTransaction();
        return { actionId: null, ids };
      }
      await runner.query(`UPDATE console.dead_letter_actions SET count = $2 WHERE id = $1`, [
        action.id,
        ids.length,
      ]);
      await runner.commitTransaction();
      return { actionId: action.id, ids };
    } catch (error) {
      if (runner.isTransactionActive) await runner.rollbackTransaction();
      throw error;
    } finally {
      await runner.release();
    }
  }
}

// Also the loop guard: what is not selected here is never claimed, and so never produced.
const REDRIVABLE = `
  SELECT consumer, id FROM console.dead_letters
   WHERE consumer = $1 AND state = 'pending' AND action_id IS NULL
     AND redrive_count < ${REDRIVES_MAX}
     AND ($2::text[] IS NULL OR id = ANY ($2)) AND ($3::text IS NULL OR error_name = $3)`;

const wanted = (consumer: ConsumerName, { ids, filter }: RedriveRequest) => [
  ...[consumer, ids ?? null, filter?.errorName ?? null],
];

/** As it was asked: by ids, or by filter; an empty one means every pending dead letter. */
const filterOf = (what: Recorded) =>
  what.ids ? { ids: what.ids } : 'filter' in what && what.filter ? what.filter : {};
