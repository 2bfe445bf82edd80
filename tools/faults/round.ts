import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditReport } from '@effectively-once/audit';
import { PAYMENT_COMPLETED } from '@effectively-once/contracts';
import { endOffsets } from '@effectively-once/kafka';
import { offerPayments } from '../bench/load/offer-payments.js';
import { auditSources } from '../cli/clients/audit-sources.js';
import type { BreakableStack } from '../test-runner/test-stack.js';
import { auditWhenDrained } from './audit-when-drained.js';
import type { InjectedFault } from './fault.js';
import { repair } from './repair.js';
import { injectFault } from './inject-fault.js';

const PER_SECOND = 20;
// The load continues this long after the end of the fault.
const LOAD_AFTER_FAULT_MS = 4_000;
const SECONDS_MAX = 120;
const FAULT_WITHIN_MS = 5_000;
const UNREACHABLE_FOR_MAX_MS = 90_000;

export interface RoundResult {
  offered: number;
  paid: number;
  /** From the end of the fault until every payment had all its effects. */
  recoveredMs: number;
  /** Records that the connector published a second time or more often. */
  republished: number;
  report: AuditReport;
}

/** One round: offers payments, injects a fault meanwhile, waits for recovery, runs the audit. */
export async function runRound(
  stack: BreakableStack,
  fault: InjectedFault,
  random: () => number,
): Promise<RoundResult> {
  const sources = auditSources(stack.environment);
  const before = await publishedRecords(sources.kafkaBrokers);
  const enough = new AbortController();
  const offering = offerPayments({
    environment: stack.environment,
    perSecond: PER_SECOND,
    seconds: SECONDS_MAX,
    unreachableForMaxMs: UNREACHABLE_FOR_MAX_MS,
    signal: enough.signal,
  });
  let overAtMs: number;
  try {
    await sleep(random() * FAULT_WITHIN_MS);
    await injectFault(fault, stack, random);
    overAtMs = performance.now();
    await Promise.all([sleep(LOAD_AFTER_FAULT_MS), repair(fault, stack)]);
  } finally {
    enough.abort();
  }
  const offered = await offering;
  const report = await auditWhenDrained(sources);
  const recoveredMs = performance.now() - overAtMs;
  const published = (await publishedRecords(sources.kafkaBrokers)) - before;
  return { ...offered, recoveredMs, republished: published - offered.paid, report };
}

/** The number of records that were ever written to the topic. */
async function publishedRecords(brokers: string[]): Promise<number> {
  const topics = [PAYMENT_COMPLETED];
  const ends = await endOffsets({ brokers, clientId: 'faults', topics });
  const partitions = [...(ends.get(PAYMENT_COMPLETED)?.values() ?? [])];
  return partitions.reduce((sum, end) => sum + Number(end), 0);
}
