import { setTimeout as sleep } from 'node:timers/promises';
import { auditStores, openStores, statusOf, type AuditReport } from '@effectively-once/audit';
import { PAYMENT_COMPLETED } from '@effectively-once/contracts';
import { Client } from 'pg';
import { superuserUrl } from '../../stack/addresses.js';
import { auditSources } from '../../cli/clients/audit-sources.js';
import { auditTable } from '../../cli/tables/audit-table.js';
import { endOfTopic } from './end-of-topic.js';
import { generatedPayments } from '../growth/fill/generated-payments.js';
import { insertPayments } from '../growth/fill/insert-payments.js';
import type { MeasuredProcess } from '../processes/measured-process.js';
import { startApp } from '../processes/start-app.js';
import { USERS } from './effects.js';
import type { Part } from './part.js';

const PAYMENTS = 50_000;
const POLL_MS = 250;
const WITHIN_MS = 300_000;
const QUIET_WITHIN_MS = 60_000;
const LOYALTY_PER_SECOND_BAR = 5_000;

/** Inserted payments have no charge, mail or document, so the other invariants do not apply. */
const JUDGED = ['I1', 'I2', 'I3', 'I6', 'I9'];

/** Measures how fast the real loyalty service processes a backlog. */
export async function measureLoyalty(part: Part): Promise<'clean' | 'not clean'> {
  part.print(`${PAYMENTS} payments in the topic, then the loyalty service starts`);
  await insertBacklog(part);
  await until(
    part,
    'the backlog is in the topic',
    async () => (await endOfTopic(part.brokers, PAYMENT_COMPLETED)) === PAYMENTS,
  );
  const loyalty = new Client({ connectionString: superuserUrl(part.environment, 'loyalty') });
  await loyalty.connect();
  const service = startLoyalty(part);
  try {
    await until(part, 'every payment has its points', async () => {
      if (service.hasEnded) throw new Error('the loyalty service ended; see its log');
      return (await entries(loyalty)) === PAYMENTS;
    });
    // The clock of the database: the result includes neither the start of the service nor our
    // polling.
    const { rows } = await loyalty.query<{ seconds: number }>(
      `SELECT extract(epoch FROM max(awarded_at) - min(awarded_at))::float8 AS seconds
         FROM loyalty.points_entries`,
    );
    const rate = PAYMENTS / (rows[0]?.seconds ?? NaN);
    part.bar('loyalty, records/s', rate, { atLeast: LOYALTY_PER_SECOND_BAR });
    const report = await auditOnceNothingIsLate(part);
    part.print(`the audit of this run, for inserted payments:\n${auditTable(report)}`);
    return report.invariants.every(({ status }) => status === 'ok') ? 'clean' : 'not clean';
  } finally {
    await service.stop();
    await loyalty.end();
  }
}

async function insertBacklog({ environment, signal }: Part): Promise<void> {
  const payments = new Client({ connectionString: superuserUrl(environment, 'payments') });
  await payments.connect();
  try {
    const series = { from: 0, count: PAYMENTS, users: USERS, completedAtMs: Date.now() };
    for (const group of generatedPayments(series)) {
      signal.throwIfAborted();
      await insertPayments(payments, group);
    }
  } finally {
    await payments.end();
  }
}

function startLoyalty({ environment, logFolder, signal }: Part): MeasuredProcess {
  // In production the service refuses the demo passwords; in test kafkajs retries differently.
  const settings = { ...environment.settings, NODE_ENV: 'development' as const };
  const options = { environment: { ...environment, settings }, logFolder, signal };
  return startApp('loyalty', options).process;
}

async function auditOnceNothingIsLate({ environment, signal }: Part): Promise<AuditReport> {
  const deadlineMs = performance.now() + QUIET_WITHIN_MS;
  for (;;) {
    const stores = await openStores(auditSources(environment));
    try {
      const report = await auditStores(
        {
          ...stores,
          // The external systems do not run, and this part sends them no request.
          receipts: async () => {},
          charges: async () => {},
        },
        { settleLimitMs: 0 },
      );
      const invariants = report.invariants.filter(({ id }) => JUDGED.includes(id));
      const isLate = invariants.some((judgement) => statusOf(judgement) === 'late');
      if (!isLate || performance.now() >= deadlineMs) return { ...report, invariants };
    } finally {
      await stores.close();
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

async function until(
  { signal }: Part,
  what: string,
  isTrue: () => Promise<boolean>,
): Promise<void> {
  const deadlineMs = performance.now() + WITHIN_MS;
  while (!(await isTrue())) {
    if (performance.now() >= deadlineMs) throw new Error(`not within ${WITHIN_MS} ms: ${what}`);
    await sleep(POLL_MS, undefined, { signal });
  }
}

async function entries(loyalty: Client): Promise<number> {
  const { rows } = await loyalty.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM loyalty.points_entries',
  );
  return rows[0]?.count ?? 0;
}
