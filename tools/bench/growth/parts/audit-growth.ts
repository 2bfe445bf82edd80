import { once } from 'node:events';
import { join } from 'node:path';
import { CONSUMERS, PAYMENT_COMPLETED } from '@effectively-once/contracts';
import { endOffsets, setOffsets } from '@effectively-once/kafka';
import { auditSources } from '../../../cli/clients/audit-sources.js';
import { MeasuredProcess } from '../../processes/measured-process.js';
import { withApp } from '../../processes/start-app.js';
import type { MeasuredAudit } from '../audit-process.js';
import { fillEveryStore } from '../fill/fill-every-store.js';
import type { GrowthAxis, GrowthPart, GrowthRow } from '../growth.js';
import { kafkaBrokers, superuserUrl } from '../../../stack/addresses.js';

const SIZES = [1_000, 10_000, 100_000];
const USERS = 1_000;
/** Enough at every size. Without a limit V8 collects garbage late, and memory says little. */
const HEAP_MB = 160;

/** A full audit of more and more payments, with everything that belongs to them in every store. */
export async function auditGrowth(part: GrowthPart): Promise<GrowthAxis> {
  const { environment, folder } = part.started;
  const journalFolder = join(folder.data, 'journals');
  const brokers = kafkaBrokers(environment);
  const addresses = {
    brokers,
    elasticsearchUrl: auditSources(environment).elasticsearchUrl,
    paymentsUrl: superuserUrl(environment, 'payments'),
    loyaltyUrl: superuserUrl(environment, 'loyalty'),
    journalFolder,
  };
  const rows: GrowthRow[] = [];
  const faults: string[] = [];
  let from = 0;
  for (const size of SIZES.map(part.scaled)) {
    part.print(`the audit of ${size} payments …`);
    const series = { from, count: size - from, users: USERS, completedAtMs: Date.now() };
    await fillEveryStore(addresses, series, part.signal);
    await commitEverything(brokers);
    from = size;
    const app = { environment, logFolder: folder.logs, signal: part.signal, journalFolder };
    const audit = await withApp('third-parties', app, async () => await auditOnce(part));
    if (audit.status !== 'ok' || audit.payments !== size)
      faults.push(`the audit of ${size} payments says ${audit.status} about ${audit.payments}`);
    const { seconds, maxMb } = audit;
    rows.push({ size, figures: { seconds, 'payments/s': size / seconds, 'max MB': maxMb } });
  }
  return { name: 'audit', of: 'payments audited', rows, faults };
}

async function auditOnce({ started, signal }: GrowthPart): Promise<MeasuredAudit> {
  const program = join(import.meta.dirname, '..', 'audit-process.js');
  const { child, ended } = new MeasuredProcess(
    [`--max-old-space-size=${HEAP_MB}`, program, JSON.stringify(auditSources(started.environment))],
    { env: process.env, logFile: join(started.folder.logs, 'audit-process.log'), signal },
  );
  const [answer] = await Promise.race([
    once(child, 'message'),
    ended.then(() => [undefined] as const),
  ]);
  if (answer === undefined) throw new Error('the audit has ended without a result; see its log');
  await ended;
  return answer as MeasuredAudit;
}

/** As if every consumer had completed every record. The groups have no members. */
async function commitEverything(brokers: string[]): Promise<void> {
  const connection = { brokers, clientId: 'bench' };
  const ends = await endOffsets({ ...connection, topics: [PAYMENT_COMPLETED] });
  const offsets = ends.get(PAYMENT_COMPLETED) ?? new Map<number, bigint>();
  for (const groupId of CONSUMERS)
    await setOffsets({ ...connection, groupId, topic: PAYMENT_COMPLETED, offsets });
}
