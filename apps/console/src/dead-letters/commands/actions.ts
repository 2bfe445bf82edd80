import type { ConsumerName } from '@effectively-once/contracts';
import type { DataSource, EntityManager } from 'typeorm';
import { Problem } from '@effectively-once/platform';
import type { Refusal, Refused, RedriveForecast } from '../../control-room/wire/dead-letters.js';
import { REDRIVES_MAX } from '../redrive/redriven.js';
import { filterValues, matches } from '../requests.js';
import type { DiscardRequest, Filter, RedriveRequest } from '../requests.js';

/** The operator, and the consumer whose dead letters the command is about. */
export interface CommandContext {
  consumer: ConsumerName;
  operator: string;
}

type Recorded =
  | ({ kind: 'redrive' } & Pick<RedriveRequest, 'ids' | 'filter' | 'ratePerS' | 'expect'>)
  | ({ kind: 'discard' } & DiscardRequest);

/** A dead letter that a redrive would claim. */
export interface Claimable {
  id: string;
  paymentId: string | null;
  errorName: string;
}

type PendingCounts = Pick<RedriveForecast, 'loopGuard' | 'gone' | 'inAction' | 'through'>;

export interface Claimed {
  /** Null if nothing was claimed. Then the database has no action either. */
  actionId: string | null;
  ids: string[];
}

/**
 * Stores the decisions of the operators. Each decision locks its dead letters, always in the same
 * order, and claims them in the same statement. If two operators decide about one dead letter, the
 * second statement waits for the row lock. Then PostgreSQL evaluates its condition again and skips
 * the row, because it is claimed or not pending.
 */
export class Actions {
  constructor(private readonly database: DataSource) {}

  /** Stores the redrive and claims its dead letters. They stay pending until they are produced. */
  async claimRedrive(context: CommandContext, request: RedriveRequest): Promise<Claimed> {
    return await this.record(
      context,
      { ...request, kind: 'redrive' },
      async (manager, actionId) => {
        const [rows] = await manager.query<[{ id: string }[], number]>(
          `WITH claimed AS MATERIALIZED (${REDRIVABLE} ORDER BY seq LIMIT $7 FOR UPDATE)
         UPDATE console.dead_letters letter SET action_id = $6 FROM claimed
          WHERE (letter.consumer, letter.id) = (claimed.consumer, claimed.id) RETURNING letter.id`,
          [...wanted(context.consumer, request), actionId, request.max],
        );
        return rows.map(({ id }) => id);
      },
    );
  }

  /** The dead letters that `claimRedrive` would claim now. */
  async dryRun({ consumer }: CommandContext, request: RedriveRequest): Promise<Claimable[]> {
    return await this.database.query(`${REDRIVABLE} ORDER BY seq LIMIT $6`, [
      ...wanted(consumer, request),
      request.max,
    ]);
  }

  /** The pending dead letters that the request names, and why a redrive does not claim some. */
  async pending({ consumer }: CommandContext, request: RedriveRequest): Promise<PendingCounts> {
    const rows: [PendingCounts] = await this.database.query(
      `SELECT max(seq)::text AS through,
              (count(*) FILTER (WHERE action_id IS NOT NULL))::int AS "inAction",
              (count(*) FILTER (WHERE action_id IS NULL AND redrive_count >= ${REDRIVES_MAX}))::int
                AS "loopGuard",
              (count(*) FILTER (WHERE action_id IS NULL AND redrive_count < ${REDRIVES_MAX}
                                  AND ${IS_GONE}))::int AS gone
         FROM console.dead_letters WHERE state = 'pending' AND ${NAMED}`,
      wanted(consumer, request),
    );
    return rows[0];
  }

  /** The number of dead letters that a redrive without `max` would claim. */
  async left({ consumer }: CommandContext, request: RedriveRequest): Promise<number> {
    const rows: { left: number }[] = await this.database.query(
      `SELECT count(*)::int AS left FROM (${REDRIVABLE}) AS redrivable`,
      wanted(consumer, request),
    );
    return rows[0]?.left ?? 0;
  }

  /** Discards dead letters. The state is final when it returns. */
  async discard(context: CommandContext, request: DiscardRequest): Promise<Claimed> {
    return await this.record(
      context,
      { ...request, kind: 'discard' },
      async (manager, actionId) => {
        const [rows] = await manager.query<[{ id: string }[], number]>(
          `WITH claimed AS MATERIALIZED (
           SELECT consumer, id FROM console.dead_letters
            WHERE state = 'pending' AND action_id IS NULL AND ${NAMED}
            ORDER BY seq LIMIT $7 FOR UPDATE)
         UPDATE console.dead_letters letter
            SET state = 'discarded', state_changed_at = clock_timestamp(), action_id = $6
           FROM claimed WHERE (letter.consumer, letter.id) = (claimed.consumer, claimed.id) RETURNING letter.id`,
          [...wanted(context.consumer, request), actionId, request.max],
        );
        await manager.query(
          `UPDATE console.dead_letter_actions SET finished_at = clock_timestamp() WHERE id = $1`,
          [actionId],
        );
        return rows.map(({ id }) => id);
      },
    );
  }

  /** The requested ids that do not exist. */
  async unknown(consumer: ConsumerName, ids: string[]): Promise<string[]> {
    const rows: { id: string }[] = await this.database.query(
      `SELECT requested.id FROM unnest($2::text[]) AS requested (id)
        WHERE NOT EXISTS (SELECT FROM console.dead_letters d
                           WHERE d.consumer = $1 AND d.id = requested.id)`,
      [consumer, ids],
    );
    return rows.map(({ id }) => id);
  }

  /** The reason for each existing id that was not claimed. */
  async refused(
    context: CommandContext,
    kind: 'redrive' | 'discard',
    ids: string[],
  ): Promise<Refused[]> {
    const rows: { id: string; why: Refusal }[] = await this.database.query(
      `SELECT id, CASE WHEN state <> 'pending' THEN state
                       WHEN action_id IS NOT NULL THEN 'in_action'
                       WHEN $3 AND redrive_count >= ${REDRIVES_MAX} THEN 'loop_guard'
                       WHEN $3 AND ${IS_GONE} THEN cannot_redrive
                       ELSE 'beyond_max' END AS why
         FROM console.dead_letters WHERE consumer = $1 AND id = ANY ($2::text[]) ORDER BY seq`,
      [context.consumer, ids, kind === 'redrive'],
    );
    return rows;
  }

  /** The pending dead letters that match the filter and cannot be redriven; at most `idsMax`. */
  async unredrivable(
    { consumer }: CommandContext,
    filter: Filter,
    idsMax: number,
  ): Promise<Refused[]> {
    return await this.database.query(
      `SELECT id, CASE WHEN redrive_count >= ${REDRIVES_MAX} THEN 'loop_guard'
                       ELSE cannot_redrive END AS why
         FROM console.dead_letters
        WHERE consumer = $1 AND state = 'pending'
          AND (redrive_count >= ${REDRIVES_MAX} OR ${IS_GONE})
          AND ${matches(3)} ORDER BY seq LIMIT $2`,
      [consumer, idsMax, ...filterValues(filter)],
    );
  }

  private async record(
    { consumer, operator }: CommandContext,
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
          what.kind,
          consumer,
          operator,
          'reason' in what ? what.reason : null,
          JSON.stringify(filterOf(what)),
          'ratePerS' in what ? what.ratePerS : null,
        ],
      )) as [{ id: string }];
      const ids = await claim(runner.manager, action.id);
      if (what.expect !== undefined && what.expect !== ids.length) {
        throw countChanged(what.kind, { expected: what.expect, found: ids.length });
      }
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

/** Another decision came between the count that the operator read and this one. */
function countChanged(kind: string, count: { expected: number; found: number }): Problem {
  return new Problem('count_changed', {
    status: 409,
    detail:
      `Nothing was done. You expected to ${kind} ${count.expected}, but now it would be ` +
      `${count.found}: the set has changed since you counted. Count again.`,
    members: count,
  });
}

// A redrive has looked for the record, and it will not return. (What is too large may fit later.)
const IS_GONE = `coalesce(cannot_redrive IN ('record_gone', 'original_gone'), false)`;

/** The dead letters that a request names, by ids or by a filter; see `wanted`. */
const NAMED = `consumer = $1 AND ($2::text[] IS NULL OR id = ANY ($2)) AND ${matches(3)}`;

// Contains the loop guard. A row that this does not select is never claimed, and so never produced.
const REDRIVABLE = `
  SELECT consumer, id, payment_id AS "paymentId", error_name AS "errorName"
    FROM console.dead_letters
   WHERE state = 'pending' AND action_id IS NULL
     AND redrive_count < ${REDRIVES_MAX} AND NOT ${IS_GONE} AND ${NAMED}`;

const wanted = (
  consumer: ConsumerName,
  { ids, filter }: Pick<RedriveRequest, 'ids' | 'filter'>,
) => [consumer, ids ?? null, ...filterValues(filter)];

/** The ids or the filter of the request. An empty filter means every pending dead letter. */
const filterOf = (what: Recorded) =>
  what.ids ? { ids: what.ids } : 'filter' in what && what.filter ? what.filter : {};
