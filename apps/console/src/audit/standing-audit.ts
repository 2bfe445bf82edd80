import type { AuditReport } from '@effectively-once/audit';

/** How often all payments are judged, and not only those of late. */
export const FULL_EVERY_MS = 3_600_000;
// A payment is judged again and again for this long, so that what was late gets its verdict, also when
// the full audit before it found nothing but that.
const OVERLAP_MS = 3_600_000;

export type Audit = (what: { since?: Date }) => Promise<AuditReport>;

export interface Watch {
  finished(report: AuditReport): void;
  /** It could not be finished, and says nothing of any payment. */
  failed(error: unknown): void;
}

/**
 * The audit that always goes on, and the one that an operator asks for: never two at once, because each
 * reads every store.
 *
 *   nothing known, or an hour since the last full one, or something violated ──► full
 *   else ──► what completed since an hour before the last full one
 *
 * While something is violated each audit is a full one: a violation is over only when all payments were
 * looked at and none was found, not when it has become too old to be looked at.
 */
export class StandingAudit {
  private latest: AuditReport | undefined;
  private lastFull: AuditReport | undefined;
  private fullRunning: Promise<AuditReport> | undefined;
  private before: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: { audit: Audit; watch: Watch; now: () => number }) {}

  /** The last report of either kind. */
  get last(): AuditReport | undefined {
    return this.latest;
  }

  /** A full audit now. Whoever asks while one runs is given that one's report. */
  async full(): Promise<AuditReport> {
    this.fullRunning ??= this.oneAtATime({}).finally(() => (this.fullRunning = undefined));
    return await this.fullRunning;
  }

  /** The next one in turn. */
  async standing(): Promise<AuditReport> {
    const since = this.sinceWhen();
    return since ? await this.oneAtATime({ since }) : await this.full();
  }

  private sinceWhen(): Date | undefined {
    const { lastFull, latest } = this;
    if (!lastFull || latest?.invariants.some(({ status }) => status === 'violated')) return;
    const cutoffMs = Date.parse(lastFull.cutoff);
    if (this.options.now() - cutoffMs >= FULL_EVERY_MS) return;
    return new Date(cutoffMs - OVERLAP_MS);
  }

  private async oneAtATime(what: { since?: Date }): Promise<AuditReport> {
    const run = () => this.run(what);
    const turn = this.before.then(run, run);
    this.before = turn;
    return await turn;
  }

  private async run(what: { since?: Date }): Promise<AuditReport> {
    const { audit, watch } = this.options;
    try {
      const report = await audit(what);
      this.latest = report;
      if (!what.since) this.lastFull = report;
      watch.finished(report);
      return report;
    } catch (error) {
      watch.failed(error);
      throw error;
    }
  }
}
