import { Client } from 'pg';
import { drainBacklog, type Drain } from '../../processes/drain-backlog.js';
import { startApp } from '../../processes/start-app.js';
import { publish } from '../fill/generated-payments.js';
import type { GrowthAxis, GrowthPart, GrowthRow } from '../growth.js';
import { databaseUrl, kafkaBrokers } from './servers-of.js';

const BACKLOGS = [10_000, 100_000, 1_000_000];
const BACKLOG_USERS = 1_000;
const USERS = [10, 1_000, 100_000];
const USERS_BACKLOG = 100_000;

/** Loyalty works off more and more waiting records. */
export async function backlogGrowth(part: GrowthPart): Promise<GrowthAxis> {
  const drains = new Drains(part);
  for (const backlog of BACKLOGS.map(part.scaled))
    await drains.measure({ size: backlog, backlog, users: BACKLOG_USERS });
  return { name: 'backlog', of: 'records waiting', ...drains };
}

/** Loyalty works off records of more and more users. Each user has a lane. */
export async function usersGrowth(part: GrowthPart): Promise<GrowthAxis> {
  const drains = new Drains(part);
  for (const users of USERS.map((count) => Math.max(10, part.scaled(count))))
    await drains.measure({ size: users, backlog: part.scaled(USERS_BACKLOG), users });
  return { name: 'users', of: 'users', ...drains };
}

/** Publishes a backlog while loyalty is down, starts it, and checks every account afterwards. */
export async function drainOnce(
  { started, signal }: GrowthPart,
  { backlog, users }: { backlog: number; users: number },
): Promise<Drain & { faults: string[] }> {
  const { environment, folder } = started;
  const loyalty = new Client({ connectionString: databaseUrl(environment, 'loyalty') });
  await loyalty.connect();
  try {
    const before = await entriesIn(loyalty);
    const series = { from: nextFrom(backlog), count: backlog, users, completedAtMs: Date.now() };
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

class Drains {
  readonly rows: GrowthRow[] = [];
  readonly faults: string[] = [];
  readonly #part: GrowthPart;

  constructor(part: GrowthPart) {
    this.#part = part;
  }

  async measure(asked: { size: number; backlog: number; users: number }): Promise<void> {
    const { size, backlog, users } = asked;
    this.#part.print(`loyalty works off ${backlog} records of ${users} users …`);
    const { perSecond, seconds, cpuMsPerRecord, maxMb, faults } = await drainOnce(
      this.#part,
      asked,
    );
    this.faults.push(...faults);
    const figures = {
      'records/s': perSecond,
      'core-ms/record': cpuMsPerRecord,
      'max MB': maxMb,
      'the last waits s': seconds,
    };
    this.rows.push({ size, figures });
  }
}

// Numbers of no other part: a payment that has its points already would be a duplicate.
let from = 1_000_000_000;
function nextFrom(count: number): number {
  from += count;
  return from - count;
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
