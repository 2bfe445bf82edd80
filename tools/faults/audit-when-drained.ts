import { auditWhenQuiet, type AuditReport, type Sources } from '@effectively-once/audit';
import { waitUntilDrained } from './wait-until-drained.js';

const QUIET_WITHIN_MS = 180_000;

/** Audits every payment, once the consumers have committed all records and no effect is due. */
export async function auditWhenDrained(sources: Sources): Promise<AuditReport> {
  await waitUntilDrained(sources.kafkaBrokers);
  return await auditWhenQuiet({ sources, waitMaxMs: QUIET_WITHIN_MS });
}
