import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditReport } from '@effectively-once/audit';
import { FaultSwitchboard } from '@effectively-once/scenarios';
import type { PlannedFault } from '@effectively-once/scenarios/faults/plan';
import { offerPayments } from '../bench/load/offer-payments.js';
import { auditSources } from '../cli/clients/audit-sources.js';
import type { BreakableStack } from '../test-runner/test-stack.js';
import { auditWhenDrained } from './audit-when-drained.js';

const PER_SECOND = 10;
const LOAD_AFTER_MS = 5_000;
const UNREACHABLE_FOR_MAX_MS = 90_000;

/** `15 s: stop redis for 10 s`. */
export const plannedLine = ({ atS, request }: PlannedFault): string =>
  `${atS} s: ${request.kind} ${request.target} for ${request.seconds} s`;

/**
 * Replays a plan of the control room's scheduler under load, through the same supervisor and the
 * same external systems, and audits every payment.
 */
export async function runPlan(
  stack: BreakableStack,
  plan: readonly PlannedFault[],
  options: { print: (line: string) => void; signal: AbortSignal },
): Promise<{ offered: number; paid: number; report: AuditReport }> {
  const sources = auditSources(stack.environment);
  const switchboard = new FaultSwitchboard({
    thirdPartiesUrl: String(stack.addresses['THIRD_PARTIES_URL']),
    controlSocket: String(stack.addresses['CONTROL_SOCKET']),
  });
  const enough = new AbortController();
  const last = plan.at(-1);
  const offering = offerPayments({
    environment: stack.environment,
    perSecond: PER_SECOND,
    seconds: (last ? last.atS + last.request.seconds : 0) + UNREACHABLE_FOR_MAX_MS / 1_000,
    unreachableForMaxMs: UNREACHABLE_FOR_MAX_MS,
    signal: enough.signal,
  });
  const startedMs = performance.now();
  try {
    for (const planned of plan) {
      const { atS, request } = planned;
      await sleep(Math.max(0, startedMs + atS * 1_000 - performance.now()), undefined, options);
      options.print(plannedLine(planned));
      // On a slow machine the last fault of a target may not be over yet.
      await switchboard.inject(request).catch((error: Error) => options.print(error.message));
    }
    await sleep((last?.request.seconds ?? 0) * 1_000 + LOAD_AFTER_MS, undefined, options);
  } finally {
    enough.abort();
  }
  const offered = await offering;
  const report = await auditWhenDrained(sources);
  return { ...offered, report };
}
