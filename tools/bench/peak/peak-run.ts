import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CONSUMERS, type ConsumerName } from '@effectively-once/contracts';
import { Client } from 'pg';
import { appUrl } from '../../cli/clients/app-url.js';
import { demoToken } from '../../cli/clients/demo-token.js';
import { addresses } from '../../stack/addresses.js';
import type { startServers } from '../processes/start-servers.js';
import { MeasuredProcess } from '../processes/measured-process.js';
import { checkoutsOfManyUsers, type LoadResult } from '../load/checkouts.js';
import { closedLoop } from '../load/closed-loop.js';
import { drainBacklog, type Drain } from '../processes/drain-backlog.js';
import { startApp } from '../processes/start-app.js';
import { openCounts, watchPeak, type Observed, type Watched } from './watch-peak.js';
import type { PeakLoad, PeakResult } from './offer-peak.js';

const CLIENTS = 32;
const POLL_MS = 250;
const CAUGHT_UP_WITHIN_MS = 300_000;

export interface PeakOptions extends PeakLoad {
  /** Checkouts before it: a number, not a time. A busy machine needs longer, but not fewer. */
  warmUp: number;
  /** Length of the closed loop before the peak. */
  closedSeconds: number;
}

export interface PeakRun {
  closedLoop: LoadResult;
  peak: PeakResult;
  observed: Observed;
  /** From the end of the load until every event of it was in the topic. */
  caughtUpAfterS: number;
  /** Payments with a 201 that the database does not hold as completed. */
  lost: string[];
  /** Payments of the peak in the database: one for each 201, and none for a refusal. */
  stored: number;
  drained: Record<ConsumerName, Drain>;
}

interface Tools {
  started: Awaited<ReturnType<typeof startServers>>;
  signal: AbortSignal;
  print: (line: string) => void;
}

/** Warm-up, closed loop, peak, then the consumers, one after the other. */
export async function runPeak(tools: Tools, options: PeakOptions): Promise<PeakRun> {
  const { started, signal, print } = tools;
  const { environment, folder } = started;
  const paymentsUrl = appUrl(environment, 'PAYMENTS');
  const watched = await whatToWatch(tools);
  const checkouts = await checkoutsOfManyUsers(environment);
  print('warm-up …');
  await closedLoop({ clients: CLIENTS, amount: options.warmUp }, checkouts, paymentsUrl);
  print(`closed loop with ${CLIENTS} clients for ${options.closedSeconds} s …`);
  const closed = await closedLoop(
    { clients: CLIENTS, seconds: options.closedSeconds },
    checkouts,
    paymentsUrl,
  );
  await caughtUp(watched, signal);
  const before = await paymentsIn(watched.databaseUrl);

  print(`${options.perSecond}/s for ${options.seconds} s …`);
  const { peak, observed } = await offerAndObserve(tools, watched, options);
  const endedAtMs = performance.now();
  print('until the connector has published every event …');
  const total = await caughtUp(watched, signal);
  const caughtUpAfterS = (performance.now() - endedAtMs) / 1_000;
  const stored = (await paymentsIn(watched.databaseUrl)) - before;
  const lost = await missingOf(peak.accepted, watched.databaseUrl);

  const drained: Partial<Record<ConsumerName, Drain>> = {};
  for (const consumer of CONSUMERS) {
    print(`${consumer} starts, with ${total} records before it …`);
    const options = { environment, logFolder: folder.logs, signal };
    drained[consumer] = await drainBacklog(startApp(consumer, options), total, signal);
  }
  return {
    closedLoop: closed,
    peak,
    observed,
    caughtUpAfterS,
    lost,
    stored,
    drained: drained as Record<ConsumerName, Drain>,
  };
}

/** A payment that can be read, made first. */
async function whatToWatch({ started }: Tools): Promise<Watched> {
  const { environment } = started;
  const paymentsUrl = appUrl(environment, 'PAYMENTS');
  const at = addresses(environment, { journalFolder: '' });
  const token = await demoToken(environment, { userId: 'peak-reader', role: 'customer' });
  const checkouts = await checkoutsOfManyUsers(environment);
  const { headers, body } = checkouts.next();
  const response = await fetch(new URL(checkouts.path, paymentsUrl), {
    method: 'POST',
    headers: { ...headers, authorization: `Bearer ${token}` },
    body,
  });
  if (response.status !== 201) throw new Error(`the first payment was answered ${response.status}`);
  return {
    healthUrl: `${paymentsUrl}/health/ready`,
    read: { url: `${paymentsUrl}${response.headers.get('location')}`, token },
    brokers: String(at.KAFKA_BROKERS).split(','),
    databaseUrl: String(at.AUDITOR_PAYMENTS_URL),
  };
}

async function offerAndObserve(
  { started, signal }: Tools,
  watched: Watched,
  { perSecond, seconds }: PeakLoad,
): Promise<{ peak: PeakResult; observed: Observed }> {
  const load = new MeasuredProcess([join(import.meta.dirname, 'offer-peak-process.js')], {
    env: started.environment.given,
    logFile: join(started.folder.logs, 'offer-peak.log'),
    signal,
  });
  const next = <Message>() =>
    new Promise<Message>((resolve, reject) => {
      load.child.once('message', (message) => resolve(message as Message));
      void load.ended.then(() => reject(new Error('the load has ended without a result')));
    });
  const finished = new AbortController();
  await next();
  const observing = watchPeak(watched, finished.signal);
  const result = next<PeakResult>();
  load.child.send({ perSecond, seconds } satisfies PeakLoad);
  try {
    const peak = await result;
    finished.abort();
    return { peak, observed: await observing };
  } finally {
    finished.abort();
    await load.stop();
  }
}

/** @returns the number of events, once each is in the topic. */
async function caughtUp(watched: Watched, signal: AbortSignal): Promise<number> {
  const reader = await openCounts(watched);
  try {
    const giveUpAtMs = performance.now() + CAUGHT_UP_WITHIN_MS;
    for (;;) {
      const { events, records } = await reader.counts();
      if (records >= events) return events;
      if (performance.now() > giveUpAtMs)
        throw new Error(`the connector has published ${records} of ${events} events`);
      await sleep(POLL_MS, undefined, { signal });
    }
  } finally {
    await reader.close();
  }
}

async function paymentsIn(databaseUrl: string): Promise<number> {
  const sql = 'SELECT count(*)::int AS count FROM payments.payments';
  const [row] = await query<{ count: number }>(databaseUrl, sql);
  return row?.count ?? NaN;
}

async function missingOf(accepted: readonly string[], databaseUrl: string): Promise<string[]> {
  const sql = `
    SELECT id FROM unnest($1::uuid[]) AS accepted (id)
     WHERE NOT EXISTS (SELECT FROM payments.payments stored
                        WHERE stored.id = accepted.id AND status = 'COMPLETED')`;
  return (await query<{ id: string }>(databaseUrl, sql, [accepted])).map(({ id }) => id);
}

async function query<Row extends object>(
  connectionString: string,
  sql: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}
