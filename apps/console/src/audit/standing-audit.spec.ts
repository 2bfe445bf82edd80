import type { AuditReport, InvariantStatus } from '@effectively-once/audit';
import { FULL_EVERY_MS, StandingAudit } from './standing-audit.js';

const STARTED_MS = Date.parse('2026-11-20T12:00:00.000Z');
const MINUTE_MS = 60_000;

/** Audits with the given statuses in their reports, a minute apart. */
function standing(...statuses: (InvariantStatus | Error)[]) {
  let nowMs = STARTED_MS;
  let running = 0;
  const seen = { since: [] as (string | undefined)[], atOnceMax: 0, told: [] as string[] };
  const audit = new StandingAudit({
    now: () => nowMs,
    audit: async ({ since }) => {
      seen.since.push(since?.toISOString());
      seen.atOnceMax = Math.max(seen.atOnceMax, ++running);
      await Promise.resolve();
      running--;
      const status = statuses.shift() ?? 'ok';
      if (status instanceof Error) throw status;
      const cutoff = new Date(nowMs).toISOString();
      return { cutoff, invariants: [{ id: 'I1', status }] } as AuditReport;
    },
    watch: {
      finished: ({ invariants }) => seen.told.push(invariants[0]?.status ?? ''),
      failed: (error) => seen.told.push((error as Error).message),
    },
  });
  const pass = (ms: number) => void (nowMs += ms);
  return { audit, seen, pass };
}

const sinceAnHourBefore = new Date(STARTED_MS - 60 * MINUTE_MS).toISOString();

describe('the standing audit', () => {
  it('starts with a full audit, continues with incremental ones, and is full again every hour', async () => {
    const { audit, seen, pass } = standing();
    await audit.standing();
    pass(MINUTE_MS);
    await audit.standing();
    pass(FULL_EVERY_MS - MINUTE_MS - 1);
    await audit.standing();
    pass(1);
    await audit.standing();
    expect(seen.since).toEqual([undefined, sinceAnHourBefore, sinceAnHourBefore, undefined]);
  });

  it('runs full audits until one finds no violation', async () => {
    const { audit, seen, pass } = standing('ok', 'violated', 'violated', 'late', 'ok');
    for (let minute = 0; minute < 5; minute++) {
      await audit.standing();
      pass(MINUTE_MS);
    }
    expect(seen.since.map((since) => since === undefined)).toEqual([
      true,
      false,
      true,
      true,
      false,
    ]);
  });

  it('runs full audits until one has finished', async () => {
    const { audit, seen } = standing(new Error('Redis is down'), 'ok', 'ok');
    await expect(audit.standing()).rejects.toThrow('Redis is down');
    expect(audit.failure).toEqual(new Error('Redis is down'));
    await audit.standing();
    expect(audit.failure).toBeUndefined();
    await audit.standing();
    expect(seen.since).toEqual([undefined, undefined, sinceAnHourBefore]);
    expect(seen.told).toEqual(['Redis is down', 'ok', 'ok']);
  });

  it('never runs two audits at once', async () => {
    const { audit, seen } = standing();
    await audit.standing();
    await Promise.all([audit.standing(), audit.full(), audit.standing(), audit.full()]);
    expect(seen.atOnceMax).toBe(1);
  });

  it('gives concurrent requests one report, and a later request a new one', async () => {
    const { audit, seen } = standing();
    const [one, other] = await Promise.all([audit.full(), audit.full()]);
    expect(other).toBe(one);
    expect(seen.since).toHaveLength(1);
    await expect(audit.full()).resolves.not.toBe(one);
  });

  it('keeps the last report, also after a failed audit', async () => {
    const { audit } = standing('late', new Error('Redis is down'));
    expect(audit.last).toBeUndefined();
    const report = await audit.full();
    await expect(audit.full()).rejects.toThrow();
    expect(audit.last).toBe(report);
  });
});
