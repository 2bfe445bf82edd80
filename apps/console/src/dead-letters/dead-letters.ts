import { CONSUMERS, type ConsumerName, type ErrorClass } from '@effectively-once/contracts';
import type { DataSource } from 'typeorm';
import type {
  DeadLetterDetail,
  DeadLetterSummary,
  OperatorAction,
  ResultPage,
} from '../control-room/wire/dead-letters.js';
import { filterValues, matches } from './requests.js';
import type { ListQuery, PageQuery, State } from './requests.js';

export interface DeadLetterOverview {
  consumer: ConsumerName;
  /** How many dead letters are pending. */
  depth: number;
  /** When the oldest of them was dead-lettered; null if none is pending. */
  oldest: Date | null;
  /** The errors of the pending ones, the most frequent first. */
  reasons: { errorClass: ErrorClass | null; errorName: string; count: number }[];
  states: Record<State, number>;
}

interface FoundDeadLetter extends DeadLetterDetail<Date> {
  /** Its topic was made anew: another record has its position. */
  isRecordGone: boolean;
}

/** Reads the table of dead letters (the dead letter queue) for the operator. */
export class DeadLetters {
  constructor(private readonly database: DataSource) {}

  async overview(): Promise<DeadLetterOverview[]> {
    const states = await this.states();
    const reasons: { consumer: string; errorName: string; count: number; oldest: Date }[] =
      await this.database.query(
        `SELECT consumer, error_class AS "errorClass", error_name AS "errorName",
                count(*)::int AS count, min(dead_lettered_at) AS oldest
           FROM console.dead_letters WHERE state = 'pending'
          GROUP BY 1, 2, 3 ORDER BY count(*) DESC, error_name`,
      );
    return CONSUMERS.map((consumer) => {
      const own = reasons.filter((reason) => reason.consumer === consumer);
      const oldest = Math.min(...own.map((reason) => reason.oldest.getTime()));
      return {
        consumer,
        depth: states[consumer].pending,
        oldest: own.length > 0 ? new Date(oldest) : null,
        reasons: own.map(({ consumer: _consumer, oldest: _oldest, ...reason }) => reason),
        states: states[consumer],
      } as DeadLetterOverview;
    });
  }

  /** The time of the oldest pending dead letter, for each consumer that has one. */
  async oldestPending(): Promise<Map<ConsumerName, Date>> {
    const rows: { consumer: ConsumerName; oldest: Date }[] = await this.database.query(
      `SELECT consumer, min(dead_lettered_at) AS oldest
         FROM console.dead_letters WHERE state = 'pending' GROUP BY 1`,
    );
    return new Map(rows.map(({ consumer, oldest }) => [consumer, oldest]));
  }

  /** For each consumer with pending cut dead letters: until when all of them can be redriven. */
  async cutRedrivableUntil(): Promise<Map<ConsumerName, Date>> {
    const rows: { consumer: ConsumerName; until: Date }[] = await this.database.query(
      `SELECT consumer, min(redrivable_until) AS until FROM console.dead_letters
        WHERE state = 'pending' AND redrivable_until IS NOT NULL
          AND coalesce(cannot_redrive NOT IN ('original_gone', 'record_gone'), true) GROUP BY 1`,
    );
    return new Map(rows.map(({ consumer, until }) => [consumer, until]));
  }

  /** When the console noticed the last time that a partition of the topic was made anew. */
  async madeAnewAt(): Promise<Map<ConsumerName, Date>> {
    const rows: { consumer: ConsumerName; at: Date }[] = await this.database.query(
      `SELECT consumer, max(made_anew_at) AS at FROM console.dead_letter_positions
        WHERE made_anew_at IS NOT NULL GROUP BY 1`,
    );
    return new Map(rows.map(({ consumer, at }) => [consumer, at]));
  }

  /** Has every combination of consumer and state, also with 0. */
  async states(): Promise<Record<ConsumerName, Record<State, number>>> {
    const rows: { consumer: ConsumerName; state: State; count: number }[] =
      await this.database.query(
        `SELECT consumer, state, count(*)::int AS count FROM console.dead_letters GROUP BY 1, 2`,
      );
    const none = () => ({ pending: 0, redriven: 0, discarded: 0 });
    const counts = { email: none(), loyalty: none(), search: none() };
    for (const { consumer, state, count } of rows) counts[consumer][state] = count;
    return counts;
  }

  /** Newest first, so that new dead letters do not shift the pages. */
  async list(
    consumer: ConsumerName,
    query: ListQuery,
  ): Promise<ResultPage<DeadLetterSummary<Date>>> {
    const { state, action, cursor, limit, ...filter } = query;
    const rows: (DeadLetterSummary<Date> & { seq: string })[] = await this.database.query(
      `SELECT seq, ${LISTED} FROM console.dead_letters
        WHERE consumer = $1 AND ($2::text IS NULL OR state = $2)
          AND ($3::bigint IS NULL OR action_id = $3) AND ($4::bigint IS NULL OR seq < $4)
          AND ${matches(6)}
        ORDER BY seq DESC LIMIT $5`,
      [consumer, state ?? null, action ?? null, cursor ?? null, limit + 1, ...filterValues(filter)],
    );
    return page(rows, limit, ({ seq: _seq, ...item }) => item, 'seq');
  }

  async find(consumer: ConsumerName, id: string): Promise<FoundDeadLetter | undefined> {
    const rows: FoundDeadLetter[] = await this.database.query(
      `SELECT ${LISTED}, event_id AS "eventId", original_topic AS "originalTopic",
              original_partition AS "originalPartition", original_offset AS "originalOffset",
              dlq_partition AS "dlqPartition", dlq_offset AS "dlqOffset",
              first_failed_at AS "firstFailedAt", app_version AS "appVersion",
              state_changed_at AS "stateChangedAt", action_id AS "actionId",
              record_gone_at IS NOT NULL AS "isRecordGone"
         FROM console.dead_letters WHERE consumer = $1 AND id = $2`,
      [consumer, id],
    );
    return rows[0];
  }

  /** Newest first. */
  async actions({ cursor, limit }: PageQuery): Promise<ResultPage<OperatorAction<Date>>> {
    const rows: OperatorAction<Date>[] = await this.database.query(
      `${ACTIONS} WHERE $1::bigint IS NULL OR action.id < $1 ORDER BY action.id DESC LIMIT $2`,
      [cursor ?? null, limit + 1],
    );
    return page(rows, limit, (action) => action, 'id');
  }

  async action(id: string): Promise<OperatorAction<Date> | undefined> {
    const rows: OperatorAction<Date>[] = await this.database.query(
      `${ACTIONS} WHERE action.id = $1`,
      [id],
    );
    return rows[0];
  }
}

const LISTED = `id, state, payment_id AS "paymentId", error_class AS "errorClass",
  error_name AS "errorName", error_message AS "errorMessage", attempts,
  dead_lettered_at AS "deadLetteredAt", redrive_count AS "redriveCount",
  value_cut AS "valueCut", redrivable_until AS "redrivableUntil", cannot_redrive AS "cannotRedrive"`;

const ACTIONS = `
  SELECT action.id, kind, consumer, operator, reason, filter, rate_per_s AS "ratePerS",
         asked_at AS "askedAt", finished_at AS "finishedAt", count, given_back AS "givenBack",
         refused,
         -- A finished action is not counted, because its dead letters may have been pruned.
         CASE WHEN finished_at IS NOT NULL THEN count - given_back ELSE
           (SELECT count(*)::int FROM console.dead_letters letter
             WHERE letter.action_id = action.id AND letter.state <> 'pending') END AS done
    FROM console.dead_letter_actions action`;

/**
 * The query reads one row more than the page. If it exists, the last row of the page is the cursor.
 */
function page<Row, Item>(
  rows: Row[],
  limit: number,
  item: (row: Row) => Item,
  cursor: keyof Row,
): ResultPage<Item> {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return { items: shown.map(item), nextCursor: last ? String(last[cursor]) : null };
}
