import { auditWhenQuiet, type AuditReport } from '@effectively-once/audit';
import type { Environment } from '../../stack/environment.js';
import { auditSources } from '../clients/audit-sources.js';

const QUIET_WITHIN_MS = 60_000;

/** Audits every payment, once all effects of the measured run are there, or after a minute. */
export const auditOfRun = async (environment: Environment): Promise<AuditReport> =>
  await auditWhenQuiet({
    sources: auditSources(environment),
    waitMaxMs: QUIET_WITHIN_MS,
  });
