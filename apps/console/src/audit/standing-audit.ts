import type { AuditReport } from '@effectively-once/audit';

/** The interval between two full audits, which judge all payments. */
export const FULL_EVERY_MS = 3_600_000;
// Each incremental audit repeats the payments of this time, so that an effect that was late in the
// last full audit gets its verdict.
const OVERLAP_MS = 3_600_000;

export type Audit = (what: { since?: Date; settleLimitMs?: number }) => Promise<AuditReport>;

export interface Watch {
  finished(report: AuditReport): void;
  /** The audit could not finish, so it has no result for any payment. */
  failed(error: unknown): void;
}

/**
 * The periodic audit, and the audit that an operator asks for. Two audits never run at the same
 * time, because each one reads every store.
 *
 *   first audit, or the last full one is an hour old, or a violation ──► full
 *   otherwise ──► incremental: payments that completed since an hour before the last full audit
 *
 * After a violation each audit is full: a violation ends only if an audit of all payments does not
 * find it, and not because the payment is older than the incremental part.
 */
export class StandingAudit {
  private latest: AuditReport | undefined;
  private latestFailure: unknown;
  private lastFull: AuditReport | undefined;
  private fullRunning: Promise<AuditReport> | undefined;
  private previous: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: { audit: Audit; watch: Watch; now: () => number }) {}

  /** The last report of either kind. */
  get last(): AuditReport | undefined {
    return this.latest;
  }

  /** Why the last audit could not finish; undefined if it has finished, or none has run. */
  get failure(): unknown {
    return this.latestFailure;
  }

  /** Runs a full audit now. If a full audit runs already, returns the report of that one. */
  async full(): Promise<AuditReport> {
    this.fullRunning ??= this.oneAtATime({}).finally(() => (this.fullRunning = undefined));
    return await this.fullRunning;
  }

  /** The next periodic audit. */
  async standing(): Promise<AuditReport> {
    const since = this.sinceWhen();
    return since ? await this.oneAtATime({ since }) : await this.full();
  }

  /**
   * Judges every payment that completed since then, however young: what is not there yet is late. A
   * fault is over when nothing is late any more. It changes no verdict of the pages.
   */
  async atRest(since: Date): Promise<AuditReport> {
    return await this.inTurn(() => this.options.audit({ since, settleLimitMs: 0 }));
  }

  private sinceWhen(): Date | undefined {
    const { lastFull, latest } = this;
    if (!lastFull || latest?.invariants.some(({ status }) => status === 'violated')) return;
    const cutoffMs = Date.parse(lastFull.cutoff);
    if (this.options.now() - cutoffMs >= FULL_EVERY_MS) return;
    return new Date(cutoffMs - OVERLAP_MS);
  }

  private async oneAtATime(what: { since?: Date }): Promise<AuditReport> {
    return await this.inTurn(() => this.run(what));
  }

  private async inTurn(run: () => Promise<AuditReport>): Promise<AuditReport> {
    const current = this.previous.then(run, run);
    this.previous = current;
    return await current;
  }

  private async run(what: { since?: Date }): Promise<AuditReport> {
    const { audit, watch } = this.options;
    try {
      const report = await audit(what);
      this.latest = report;
      this.latestFailure = undefined;
      if (!what.since) this.lastFull = report;
      watch.finished(report);
      return report;
    } catch (error) {
      this.latestFailure = error ?? new Error('the audit failed');
      watch.failed(error);
      throw error;
    }
  }
}
