import { auditStores, openStores, worstStatus, type Sources } from '@effectively-once/audit';

/*
 * One audit as its own process, so that its memory is its own. No connector and no consumer run
 * beside it: what they would say of themselves is given.
 */

export interface MeasuredAudit {
  seconds: number;
  /** The largest resident memory of the process, in MB. */
  maxMb: number;
  payments: number;
  status: ReturnType<typeof worstStatus>;
}

const KB_PER_MB = 1_024;
const sources = JSON.parse(process.argv[2] ?? '') as Sources;

const startedAtMs = performance.now();
const stores = await openStores(sources);
try {
  const report = await auditStores(
    {
      ...stores,
      slotLag: async () => 0,
      slotHasPassed: async () => true,
      consumerState: async () => ({ parkedKeys: 0, inFlightRecords: new Map() }),
    },
    // Nothing is under way, so whatever is missing is lost.
    { settleLimitMs: 0 },
  );
  const measured: MeasuredAudit = {
    seconds: (performance.now() - startedAtMs) / 1_000,
    maxMb: process.resourceUsage().maxRSS / KB_PER_MB,
    payments: report.payments,
    status: worstStatus(report),
  };
  process.send?.(measured);
} finally {
  await stores.close();
  process.disconnect();
}
