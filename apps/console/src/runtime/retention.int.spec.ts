import { TOPICS } from '@effectively-once/contracts';
import { openTestConsole, type TestConsole } from '../dead-letters/dead-letters.fixture.js';
import { DAILY_TOTALS_DAYS, DEAD_LETTER_DAYS, prune } from './retention.js';

const KEPT_DAYS_MIN = 60;
// Kafka's default `segment.ms`: a record expires with the last record of its segment.
const SEGMENT_DAYS = 7;

let testConsole: TestConsole;
let offset = 0;
beforeAll(async () => (testConsole = await openTestConsole()));
afterEach(async () => {
  await testConsole.admin.query('TRUNCATE console.dead_letters, console.dead_letter_actions');
});
afterAll(() => testConsole.close());

const pruneAll = () => prune(testConsole.database, new AbortController().signal);

interface Row {
  state: 'pending' | 'redriven' | 'discarded';
  ageDays: number;
  paymentId?: string;
}

/** A finished action of this age. */
async function action(ageDays: number, isFinished = true): Promise<string> {
  const { rows } = await testConsole.admin.query<{ id: string }>(
    `INSERT INTO console.dead_letter_actions (kind, consumer, operator, filter, asked_at, finished_at)
     VALUES ('redrive', 'email', 'olga', '{}', now() - make_interval(days => $1),
             CASE WHEN $2 THEN now() - make_interval(days => $1) END) RETURNING id`,
    [ageDays, isFinished],
  );
  return rows[0]?.id ?? '';
}

/** A dead letter that has had its state for so many days, with its own action. Returns its id. */
async function row({ state, ageDays, paymentId }: Row): Promise<string> {
  const actionId = state === 'pending' ? null : await action(ageDays);
  const { rows } = await testConsole.admin.query<{ id: string }>(
    `INSERT INTO console.dead_letters (consumer, original_topic, original_partition, original_offset,
       redrive_count, dlq_partition, dlq_offset, content_sha256, error_name, error_message, attempts,
       payment_id, state, state_changed_at, dead_lettered_at, action_id)
     VALUES ('email', 'payment.completed', 0, $1, 0, 0, $1, '', 'Old', '', 1, $2, $3,
             now() - make_interval(days => $4), now() - make_interval(days => $4), $5)
     RETURNING id`,
    [(offset += 1), paymentId ?? null, state, ageDays, actionId],
  );
  return rows[0]?.id ?? '';
}

async function idsLeft(table: 'dead_letters' | 'dead_letter_actions'): Promise<string[]> {
  const { rows } = await testConsole.admin.query<{ id: string }>(
    `SELECT id FROM console.${table} ORDER BY id`,
  );
  return rows.map(({ id }) => id);
}

describe('a dead letter', () => {
  const old = DEAD_LETTER_DAYS + 1;

  it.each<[string, Row]>([
    ['a redriven one', { state: 'redriven', ageDays: old, paymentId: 'p' }],
    ['a discarded one without a payment', { state: 'discarded', ageDays: old }],
  ])('is pruned after its retention, with its action: %s', async (_, letter) => {
    await row(letter);
    await expect(pruneAll()).resolves.toMatchObject({ rows: 2 });
    await expect(idsLeft('dead_letters')).resolves.toEqual([]);
    await expect(idsLeft('dead_letter_actions')).resolves.toEqual([]);
  });

  it.each<[string, Row]>([
    ['a younger one', { state: 'redriven', ageDays: DEAD_LETTER_DAYS - 1 }],
    [
      'a pending one of any age, because the operator has to decide',
      { state: 'pending', ageDays: 10 * old },
    ],
    [
      'a discarded one of a payment, which the audit reads as the reason for a missing effect',
      { state: 'discarded', ageDays: 10 * old, paymentId: 'p' },
    ],
  ])('is not pruned: %s', async (_, letter) => {
    const id = await row(letter);
    const actions = await idsLeft('dead_letter_actions');
    await pruneAll();
    await expect(idsLeft('dead_letters')).resolves.toEqual([id]);
    await expect(idsLeft('dead_letter_actions')).resolves.toEqual(actions);
  });

  it('is kept longer than its record is in the topic, so that I10 finds a row for each record', async () => {
    const topics = TOPICS.filter(({ name }) => name.endsWith('.dlq'));
    expect(topics).toHaveLength(3);
    for (const { config } of topics) {
      expect(config['segment.ms']).toBeUndefined();
      const topicDays = Number(config['retention.ms']) / 86_400_000 + SEGMENT_DAYS;
      expect(KEPT_DAYS_MIN).toBeGreaterThan(topicDays);
    }
    const tooEarly = 'SELECT console.prune_dead_letters($1, 1)';
    await expect(testConsole.database.query(tooEarly, [KEPT_DAYS_MIN - 1])).rejects.toThrow(
      'kept for at least 60 days',
    );
    await expect(testConsole.database.query(tooEarly, [KEPT_DAYS_MIN])).resolves.toHaveLength(1);
  });
});

it('an action that is not finished is not pruned', async () => {
  const open = await action(DEAD_LETTER_DAYS + 1, false);
  await pruneAll();
  await expect(idsLeft('dead_letter_actions')).resolves.toEqual([open]);
});

it('prunes in batches, and stops between two batches when the console stops', async () => {
  for (let n = 0; n < 5; n += 1) await row({ state: 'redriven', ageDays: DEAD_LETTER_DAYS + 1 });
  const stopping = new AbortController();
  const query = async (sql: string, parameters?: unknown[]) => {
    stopping.abort();
    return await testConsole.database.query(sql, parameters);
  };
  const stopped = await prune({ query } as never, stopping.signal, { rows: 2, days: 1 });
  expect(stopped).toEqual({ rows: 2 + 2, days: 0 });
  await expect(idsLeft('dead_letters')).resolves.toHaveLength(3);
  await expect(
    prune(testConsole.database, new AbortController().signal, { rows: 2, days: 1 }),
  ).resolves.toMatchObject({ rows: 3 + 3 });
});

it('the totals of a day are dropped after their retention, and not earlier', async () => {
  const { rows: names } = await testConsole.admin.query<{
    old: string;
    older: string;
    kept: string;
  }>(
    `SELECT console.make_daily_totals_day(current_date - $1::int - 2)::text,
            console.make_daily_totals_day(current_date - $1::int - 1)::text,
            console.make_daily_totals_day(current_date - $1::int)::text,
            'console.daily_totals_' || to_char(current_date - $1::int - 2, 'YYYYMMDD') AS older,
            'console.daily_totals_' || to_char(current_date - $1::int - 1, 'YYYYMMDD') AS old,
            'console.daily_totals_' || to_char(current_date - $1::int, 'YYYYMMDD') AS kept`,
    [DAILY_TOTALS_DAYS],
  );
  const batch = { rows: 1, days: 1 };
  const pruned = await prune(testConsole.database, new AbortController().signal, batch);
  expect(pruned).toMatchObject({ days: 2 });
  const { rows } = await testConsole.admin.query(
    `SELECT to_regclass($1) IS NOT NULL AS older, to_regclass($2) IS NOT NULL AS old,
            to_regclass($3) IS NOT NULL AS kept`,
    [names[0]?.older, names[0]?.old, names[0]?.kept],
  );
  expect(rows).toEqual([{ older: false, old: false, kept: true }]);
});
