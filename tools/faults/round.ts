import { setTimeout as sleep } from 'node:timers/promises';
import { auditWhenQuiet, type AuditReport } from '@effectively-once/audit';
import { PAYMENT_COMPLETED } from '@effectively-once/contracts';
import { endOffsets } from '@effectively-once/kafka';
import { offerPayments } from '../bench/offer-payments.js';
import { auditSources } from '../cli/clients/audit-sources.js';
import type { BreakableStack } from '../test-runner/test-stack.js';
import { everythingIsSettled } from './everything-is-settled.js';
import type { Fault } from './fault.js';
import { mend } from './repair.js';
import { strike } from './inject-fault.js';

const PER_SECOND = 20;
// From the last moment of the fault on.
const GOES_ON_FOR_MS = 4_000;
const SECONDS_MAX = 120;
const STRIKES_WITHIN_MS = 5_000;
const UNREACHABLE_FOR_MAX_MS = 90_000;
const QUIET_WITHIN_MS = 180_000;

export interface RoundResult {
  offered: number;
  paid: number;
  /** From the end of the fault until every payment was everywhere. */
  recoveredMs: number;
  /** Records that came to the topic for the second time or more. */
  publishedAgain: number;
  report: AuditReport;
}

/** Payments come in, something breaks in the middle, and then everything has to come out right by itself. */
export async function runRound(
  stack: BreakableStack,
  fault: Fault,
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
    await sleep(random() * STRIKES_WITHIN_MS);
    await strike(fault, stack, random);
    overAtMs = performance.now();
    await Promise.all([sleep(GOES_ON_FOR_MS), mend(fault, stack)]);
  } finally {
    enough.abort();
  }
  const offered = await offering;
  await everythingIsSettled(sources.kafkaBrokers);
  const report = await auditWhenQuiet({
    sources,
    waitMaxMs: QUIET_WITHIN_MS,
    onWaiting: () => undefined,
  });
  const recoveredMs = performance.now() - overAtMs;
  const published = (await publishedRecords(sources.kafkaBrokers)) - before;
  return { ...offered, recoveredMs, publishedAgain: published - offered.paid, report };
}

/** How many records the topic has ever got. */
async function publishedRecords(brokers: string[]): Promise<number> {
  const topics = [PAYMENT_COMPLETED];
  const ends = await endOffsets({ brokers, clientId: 'faults', topics });
  const partitions = [...(ends.get(PAYMENT_COMPLETED)?.values() ?? [])];
  return partitions.reduce((sum, end) => sum + Number(end), 0);
}
