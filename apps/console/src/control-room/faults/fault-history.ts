import {
  verdictOf,
  verdictSentence,
  type AuditReport,
  type VerdictCounts,
} from '@effectively-once/audit';
import type { BrokenNow, FaultRequest } from '@effectively-once/scenarios';
import type { DataSource } from 'typeorm';
import type { FaultAction } from '../wire/faults.js';

/** Older rows are deleted: a history of a demo. */
const ROWS_MAX = 200;
const SHOWN_MAX = 30;
/** A fault is judged when nothing is late any more, and at the latest so long after its end. */
const JUDGED_WITHIN_MS = 150_000;

interface Row extends Record<string, unknown> {
  id: string;
  asked_at: Date;
  ended_at: Date | null;
}

/** Who broke what and when, and how it ended. */
export class FaultHistory {
  private judging: Promise<void> | undefined;

  constructor(
    private readonly database: Pick<DataSource, 'query'>,
    private readonly options: {
      /** Judges every payment since then, however young. */
      audit: (since: Date) => Promise<AuditReport>;
      now: () => number;
    },
  ) {}

  /** Written before the fault begins. @returns the id of the row. */
  async asked(
    operator: string,
    { target, kind, point, seconds }: Omit<FaultRequest, 'address'>,
  ): Promise<string> {
    await this.database.query(
      `DELETE FROM console.fault_actions WHERE id <=
        (SELECT id FROM console.fault_actions ORDER BY id DESC OFFSET $1 LIMIT 1)`,
      [ROWS_MAX],
    );
    const [row] = await this.database.query<[{ id: string }]>(
      `INSERT INTO console.fault_actions (operator, action, target, kind, point, seconds)
       VALUES ($1, 'break', $2, $3, $4, $5) RETURNING id`,
      [operator, target, kind, point ?? null, seconds],
    );
    return row.id;
  }

  async refused(id: string, why: string): Promise<void> {
    await this.database.query(
      `UPDATE console.fault_actions SET refused = $2, ended_at = now() WHERE id = $1`,
      [id, why],
    );
  }

  async reverted(operator: string, { target, kind }: Pick<BrokenNow, 'target' | 'kind'>) {
    await this.database.query(
      `INSERT INTO console.fault_actions (operator, action, target, kind, ended_at)
       VALUES ($1, 'revert', $2, $3, now())`,
      [operator, target, kind],
    );
  }

  /** The latest actions, newest first. */
  async latest(): Promise<FaultAction[]> {
    const rows = await this.database.query<Row[]>(
      `SELECT * FROM console.fault_actions ORDER BY id DESC LIMIT $1`,
      [SHOWN_MAX],
    );
    return rows.map(shown);
  }

  /**
   * Notes which faults have ended, and starts to judge those that have.
   * @param broken everything that is broken now; undefined if not everything could be asked.
   */
  async observe(broken: readonly BrokenNow[] | undefined): Promise<void> {
    if (broken) await this.markEnded(broken);
    this.judging ??= this.judgeEnded().finally(() => (this.judging = undefined));
    // A store may be away: the next page that asks tries again.
    this.judging.catch(() => undefined);
  }

  private async markEnded(broken: readonly BrokenNow[]): Promise<void> {
    await this.database.query(
      // A fault that has just been asked for may not be listed yet.
      `UPDATE console.fault_actions SET ended_at = now()
        WHERE ended_at IS NULL AND action = 'break' AND asked_at < now() - interval '3 seconds'
          AND NOT (target || '.' || kind = ANY ($1))`,
      [broken.map(({ target, kind }) => `${target}.${kind}`)],
    );
  }

  private async judgeEnded(): Promise<void> {
    const rows = await this.database.query<Row[]>(
      `SELECT * FROM console.fault_actions
        WHERE ended_at IS NOT NULL AND outcome IS NULL AND refused IS NULL AND action = 'break'
        ORDER BY id`,
    );
    const [first] = rows;
    if (!first) return;
    const counts = verdictOf(await this.options.audit(first.asked_at));
    for (const { id, ended_at } of rows) {
      const endedMs = ended_at?.getTime() ?? 0;
      const isOverdue = this.options.now() - endedMs > JUDGED_WITHIN_MS;
      const outcome = outcomeOf(counts, isOverdue);
      if (outcome) {
        await this.database.query(
          `UPDATE console.fault_actions SET outcome = $2, judgement = $3 WHERE id = $1`,
          [id, outcome, verdictSentence(counts)],
        );
      }
    }
  }
}

/** Every prediction says: nothing lost and nothing doubled. Late is not lost. */
export function outcomeOf(
  { lost, doubled, other, late }: VerdictCounts,
  isOverdue: boolean,
): FaultAction['outcome'] {
  if (lost + doubled + other > 0) return 'not_as_predicted';
  return late === 0 || isOverdue ? 'as_predicted' : null;
}

function shown(row: Row): FaultAction {
  const text = (name: string) => (row[name] as string | null) ?? null;
  return {
    id: row.id,
    at: row.asked_at.toISOString(),
    operator: String(row['operator']),
    action: row['action'] as FaultAction['action'],
    target: String(row['target']),
    kind: String(row['kind']),
    point: text('point'),
    seconds: (row['seconds'] as number | null) ?? null,
    refused: text('refused'),
    endedAt: row.ended_at?.toISOString() ?? null,
    outcome: text('outcome') as FaultAction['outcome'],
    judgement: text('judgement'),
  };
}
