import { Client } from 'pg';
import { drainBacklog, type Drain } from '../../processes/drain-backlog.js';
import { startApp } from '../../processes/start-app.js';
import { publish } from '../fill/generated-payments.js';
import type { GrowthAxis, GrowthPart, GrowthRow } from '../growth.js';
import { kafkaBrokers, superuserUrl } from '../../../stack/addresses.js';

const BACKLOGS = [10_000, 100_000, 1_000_000];
const BACKLOG_USERS = 1_000;
const USERS = [10, 1_000, 100_000];
const USERS_BACKLOG = 100_000;
/** Numbers of no other part. */
const FIRST = 1_000_000_000;

/** Loyalty works off more and more waiting records. */
export async function backlogGrowth(part: GrowthPart): Promise<GrowthAxis> {
  const asked = BACKLOGS.map(part.scaled).map((size) => ({
    size,
    backlog: size,
    users: BACKLOG_USERS,
  }));
  return { name: 'backlog', of: 'records waiting', ...(await drainEach(part, asked)) };
}

/** Loyalty works off records of more and more users. Each user has a lane. */
export async function usersGrowth(part: GrowthPart): Promise<GrowthAxis> {
  const backlog = part.scaled(USERS_BACKLOG);
  const asked = USERS.map((count) => Math.max(10, part.scaled(count))).map((users) => ({
    size: users,
    backlog,
    users,
  }));
  return { name: 'users', of: 'users', ...(await drainEach(part, asked)) };
}

async function drainEach(
  part: GrowthPart,
  asked: { size: number; backlog: number; users: number }[],
): Promise<Pick<GrowthAxis, 'rows' | 'faults'>> {
  const rows: GrowthRow[] = [];
  const faults: string[] = [];
  for (const { size, backlog, users } of asked) {
    part.print(`loyalty works off ${backlog} records of ${users} users …`);
    const drain = await drainOnce(part, { backlog, users });
    faults.push(...drain.faults);
    const figures = {
      'records/s': drain.perSecond,
      'core-ms/record': drain.cpuMsPerRecord,
      'max MB': drain.maxMb,
      'the last waits s': drain.seconds,
    };
    rows.push({ size, figures });
  }
  return { rows, faults };
}

/** Publishes a backlog while loyalty is down, starts it, and checks every account afterwards. */
export async function drainOnce(
  { started, signal }: GrowthPart,
  { backlog, users }: { backlog: number; users: number },
): Promise<Drain & { faults: string[] }> {
  const { environment, folder } = started;
  const loyalty = new Client({ connectionString: superuserUrl(environment, 'loyalty') });
  await loyalty.connect();
  try {
    const before = await entriesIn(loyalty);
    // Behind those of earlier drains: a payment that has its points already would be a duplicate.
    const series = { from: FIRST + before, count: backlog, users, completedAtMs: Date.now() };
    await publish(kafkaBrokers(environment), series, signal);
    const app = startApp('loyalty', { environment, logFolder: folder.logs, signal });
    try {
      const drain = await drainBacklog(app, backlog, signal);
      const faults = await faultsOf(loyalty, before + backlog);
      return { ...drain, faults };
    } finally {
      await app.process.stop();
    }
  } finally {
    await loyalty.end();
  }
}

async function entriesIn(loyalty: Client): Promise<number> {
  const sql = 'SELECT count(*)::int AS count FROM loyalty.points_entries';
  return (await loyalty.query<{ count: number }>(sql)).rows[0]?.count ?? NaN;
}

/** Each record has one entry, and each balance is the sum of its entries. */
async function faultsOf(loyalty: Client, expected: number): Promise<string[]> {
  const entries = await entriesIn(loyalty);
  const { rows } = await loyalty.query<{ count: number }>(`
    SELECT count(*)::int AS count FROM loyalty.accounts account
      FULL JOIN (SELECT user_id, sum(points) AS points FROM loyalty.points_entries GROUP BY user_id)
           earned USING (user_id)
     WHERE account.balance IS DISTINCT FROM earned.points`);
  const unbalanced = rows[0]?.count ?? NaN;
  return [
    ...(entries === expected ? [] : [`loyalty has ${entries} entries and not ${expected}`]),
    ...(unbalanced === 0 ? [] : [`${unbalanced} accounts are not the sum of their entries`]),
  ];
}
