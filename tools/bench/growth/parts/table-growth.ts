import { join } from 'node:path';
import { Client } from 'pg';
import { readState } from '../../../stack/native/supervision/state.js';
import { readCpuTimes, secondsUsed, usedBetween } from '../../cpu/cpu-times.js';
import { checkoutsOfManyUsers, type LoadResult } from '../../load/checkouts.js';
import { closedLoop } from '../../load/closed-loop.js';
import { withApp, type RunOptions } from '../../processes/start-app.js';
import { fillTables } from '../fill/fill-tables.js';
import type { GrowthAxis, GrowthPart, GrowthRow } from '../growth.js';
import { askConsole, consoleCaller, type ConsoleCaller } from './ask-console.js';
import { drainOnce } from './drain-growth.js';
import { superuserUrl } from '../../../stack/addresses.js';

const SIZES = [0, 100_000, 1_000_000, 10_000_000];
const CLIENTS = 8;
const WARM_UP = 2_000;
const SECONDS = 10;
// After a checkpoint PostgreSQL writes each page whole when it changes first. This many records
// change most pages that they will ever change.
const DRAINED = 100_000;
const DRAIN_USERS = 1_000;

/** Checkouts, points and the console's pages, with more and more days of data in the tables. */
export async function tableGrowth(part: GrowthPart): Promise<GrowthAxis> {
  const { environment, folder } = part.started;
  const urls = {
    payments: superuserUrl(environment, 'payments'),
    loyalty: superuserUrl(environment, 'loyalty'),
  };
  const options = {
    environment,
    logFolder: folder.logs,
    signal: part.signal,
    journalFolder: join(folder.data, 'journals-of-tables'),
  };
  const rows: GrowthRow[] = [];
  const faults: string[] = [];
  let from = 0;
  for (const size of SIZES.map(part.scaled)) {
    part.print(`${size} old payments in the tables …`);
    await fillTables(urls, { from, count: size - from, signal: part.signal });
    from = size;
    const checkouts = await checkoutsWith(part, options);
    const drain = await drainOnce(part, { backlog: part.scaled(DRAINED), users: DRAIN_USERS });
    faults.push(...drain.faults);
    if (checkouts.failed > 0) faults.push(`${checkouts.failed} checkouts were not paid`);
    const pages = await withApp('console', options, async ({ url }) =>
      pagesOf(await consoleCaller(environment, url), urls.payments),
    );
    const { perSecond, p50Ms, p99Ms, paymentsMs, postgresMs } = checkouts;
    const figures = {
      'checkouts/s': perSecond,
      'p50 ms': p50Ms,
      'p99 ms': p99Ms,
      'payments core-ms': paymentsMs,
      'PostgreSQL core-ms': postgresMs,
      'points/s': drain.perSecond,
      ...pages,
    };
    rows.push({ size, figures });
  }
  return { name: 'tables', of: 'rows in each table', rows, faults };
}

type Checkouts = LoadResult & { paymentsMs: number; postgresMs: number };

/** A closed loop against payments, with the CPU of payments and of PostgreSQL for a checkout. */
async function checkoutsWith({ started }: GrowthPart, options: RunOptions): Promise<Checkouts> {
  const { environment, folder } = started;
  return await withApp('third-parties', options, () =>
    withApp('payments', options, async ({ url, process }) => {
      const servers = readState(folder.stateFile)?.processes ?? [];
      const postgres = servers.find(({ name }) => name === 'postgres')?.run?.pid ?? null;
      const services = [
        { name: 'payments', kind: 'app' as const, url, pid: process.child.pid ?? null },
        { name: 'postgres', kind: 'server' as const, url: '', pid: postgres },
      ];
      const checkouts = await checkoutsOfManyUsers(environment);
      await closedLoop({ clients: CLIENTS, amount: WARM_UP }, checkouts, url);
      const before = await readCpuTimes(services);
      const result = await closedLoop({ clients: CLIENTS, seconds: SECONDS }, checkouts, url);
      const used = usedBetween(before, await readCpuTimes(services));
      const ofOne = (name: string) => (secondsUsed(used.get(name)) * 1_000) / result.paid;
      return { ...result, paymentsMs: ofOne('payments'), postgresMs: ofOne('postgres') };
    }),
  );
}

/** The console's pages of payments, by every filter that an operator can use. */
async function pagesOf(
  caller: ConsoleCaller,
  paymentsUrl: string,
): Promise<Record<string, number>> {
  const client = new Client({ connectionString: paymentsUrl });
  await client.connect();
  const { rows } = await client.query<{ user_id: string; order_id: string }>(
    'SELECT user_id, order_id FROM payments.payments ORDER BY id LIMIT 1',
  );
  await client.end();
  const [oldest] = rows;
  const page = async (query: string) => await askConsole(caller, `/api/payments?${query}`);
  return {
    'list ms': await page(''),
    'of a user ms': await page(`userId=${oldest?.user_id}`),
    'of a user without any ms': await page('userId=without-payments'),
    'of an order ms': await page(`orderId=${oldest?.order_id}`),
    'declined ms': await page('status=DECLINED'),
    'unknown ms': await page('status=UNKNOWN'),
    'pipeline ms': await askConsole(caller, '/api/pipeline'),
  };
}
