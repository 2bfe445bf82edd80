import type { AuditReport } from '@effectively-once/audit';

/** At most one audit at a time: it reads every store, and ten impatient operators must not read ten times. */
export class SharedAudit {
  private running: Promise<AuditReport> | undefined;

  constructor(private readonly audit: () => Promise<AuditReport>) {}

  async run(): Promise<AuditReport> {
    this.running ??= this.audit().finally(() => (this.running = undefined));
    return await this.running;
  }
}
