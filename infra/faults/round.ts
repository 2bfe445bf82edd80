import { setTimeout as sleep } from 'node:timers/promises';
import { auditWhenQuiet, type AuditReport } from '@effectively-once/audit';
import { offerPayments } from '../bench/offer-payments.js';
import { auditSources } from '../cli/audit-sources.js';
import type { TestStack } from '../test/test-stack.js';
import { strike, type Fault } from './fault.js';

const PER_SECOND = 20;
const SECONDS = 8;
const STRIKES_WITHIN_MS = 5_000;
const UNREACHABLE_FOR_MAX_MS = 90_000;
const QUIET_WITHIN_MS = 180_000;

export interface RoundResult {
  offered: number;
  paid: number;
  /** From the fault until every payment was everywhere. */
  recoveredMs: number;
  report: AuditReport;
}

/** Payments come in, something breaks in the middle, and then everything has to come out right by itself. */
export async function runRound(
  stack: TestStack,
  fault: Fault,
  random: () => number,
): Promise<RoundResult> {
  const offering = offerPayments({
    environment: stack.environment,
    perSecond: PER_SECOND,
    seconds: SECONDS,
    unreachableForMaxMs: UNREACHABLE_FOR_MAX_MS,
  });
  await sleep(random() * STRIKES_WITHIN_MS);
  const struckAtMs = performance.now();
  await strike(fault, stack.processes());
  const offered = await offering;
  const report = await auditWhenQuiet({
    sources: auditSources(stack.environment),
    waitMaxMs: QUIET_WITHIN_MS,
    onWaiting: () => undefined,
  });
  return { ...offered, recoveredMs: performance.now() - struckAtMs, report };
}
