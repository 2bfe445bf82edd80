import { CONSUMERS, type ConsumerName, type ErrorClass } from '@effectively-once/contracts';
import type { DataSource } from 'typeorm';
import type { ListQuery, PageQuery } from './requests.js';

export const STATES = ['pending', 'redriven', 'discarded'] as const;
export type State = (typeof STATES)[number];

/** A dead letter in a list. */
export interface DeadLetterSummary {
  id: string;
  state: State;
  paymentId: string | null;
  errorClass: ErrorClass | null;
  errorName: string;
  errorMessage: string;
  attempts: number;
  deadLetteredAt: Date;
  redriveCount: number;
  /** The number of bytes of the original value, if the dead letter was cut. */
  valueCut: number | null;
  /** Of a cut one: until then its original record can be redriven. */
  redrivableUntil: Date | null;
  /** Why the last redrive gave it back. */
  cannotRedrive: CannotRedrive | null;
}

/** What only a redrive finds out, when it reads and produces the record. */
export type CannotRedrive =
  /** Its record has left the dead-letter topic. */
  | 'record_gone'
  /** It was cut, and its original record has left its topic. */
  | 'original_gone'
  /** The redrive topic does not take a record of this size. */
  | 'too_large';

export interface DeadLetterDetail extends DeadLetterSummary {
  eventId: string | null;
  originalTopic: string;
  originalPartition: number;
  originalOffset: string;
  dlqPartition: number;
  dlqOffset: string;
  firstFailedAt: Date | null;
  appVersion: string | null;
  stateChangedAt: Date;
  actionId: string | null;
}

/** A decision of an operator, and its progress. */
export interface Action {
  id: string;
  kind: 'redrive' | 'discard';
  consumer: ConsumerName;
  operator: string;
  reason: string | null;
  filter: Record<string, unknown>;
  ratePerS: number | null;
  askedAt: Date;
  finishedAt: Date | null;
  /** The dead letters that it claimed, completed, and gave back because it cannot redrive them. */
  count: number;
  done: number;
  givenBack: number;
  /** The first of those that it gave back. */
  refused: { id: string; why: CannotRedrive }[];
}

export interface ResultPage<Item> {
  items: Item[];
  nextCursor: string | null;
}

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
          AND cannot_redrive IS DISTINCT FROM 'original_gone' GROUP BY 1`,
    );
    return new Map(rows.map(({ consumer, until }) => [consumer, until]));
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
  async list(consumer: ConsumerName, query: ListQuery): Promise<ResultPage<DeadLetterSummary>> {
    const { state, errorName, cursor, limit } = query;
    const rows: (DeadLetterSummary & { seq: string })[] = await this.database.query(
      `SELECT seq, ${LISTED} FROM console.dead_letters
        WHERE consumer = $1 AND ($2::text IS NULL OR state = $2)
          AND ($3::text IS NULL OR error_name = $3) AND ($4::bigint IS NULL OR seq < $4)
        ORDER BY seq DESC LIMIT $5`,
      [consumer, state ?? null, errorName ?? null, cursor ?? null, limit + 1],
    );
    return page(rows, limit, ({ seq: _seq, ...item }) => item, 'seq');
  }

  async find(consumer: ConsumerName, id: string): Promise<DeadLetterDetail | undefined> {
    const rows: DeadLetterDetail[] = await this.database.query(
      `SELECT ${LISTED}, event_id AS "eventId", original_topic AS "originalTopic",
              original_partition AS "originalPartition", original_offset AS "originalOffset",
              dlq_partition AS "dlqPartition", dlq_offset AS "dlqOffset",
              first_failed_at AS "firstFailedAt", app_version AS "appVersion",
              state_changed_at AS "stateChangedAt", action_id AS "actionId"
         FROM console.dead_letters WHERE consumer = $1 AND id = $2`,
      [consumer, id],
    );
    return rows[0];
  }

  /** Newest first. */
  async actions({ cursor, limit }: PageQuery): Promise<ResultPage<Action>> {
    const rows: Action[] = await this.database.query(
      `${ACTIONS} WHERE $1::bigint IS NULL OR action.id < $1 ORDER BY action.id DESC LIMIT $2`,
      [cursor ?? null, limit + 1],
    );
    return page(rows, limit, (action) => action, 'id');
  }

  async action(id: string): Promise<Action | undefined> {
    const rows: Action[] = await this.database.query(`${ACTIONS} WHERE action.id = $1`, [id]);
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
