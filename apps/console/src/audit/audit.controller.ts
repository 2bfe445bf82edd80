import { verdictOf, type AuditReport, type VerdictCounts } from '@effectively-once/audit';
import { OperatorGuard, parseRequest, Problem } from '@effectively-once/platform';
import { Controller, Get, Query, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { StandingAudit } from './standing-audit.js';

const query = z.strictObject({ report: z.enum(['now', 'last']).default('now') });

export const verdictQuery = z.strictObject({ since: z.iso.datetime() });

@Controller('api/audit')
@UseGuards(OperatorGuard)
export class AuditController {
  constructor(private readonly audit: StandingAudit) {}

  /** Judges every payment that completed since then, however young, in five numbers. */
  @Get('verdict')
  async verdict(@Query() asked: unknown): Promise<VerdictCounts> {
    const { since } = parseRequest(verdictQuery, asked);
    return verdictOf(await this.audit.atRest(new Date(since)));
  }

  /**
   * `?report=last` returns the last report. Otherwise a full audit runs now, or the running one is
   * awaited.
   */
  @Get()
  async report(@Query() asked: unknown): Promise<AuditReport> {
    const { report } = parseRequest(query, asked);
    if (report === 'now') return await this.audit.full();
    const { last } = this.audit;
    if (last) return last;
    throw new Problem('no_audit_yet', { status: 404, detail: 'No audit has finished yet.' });
  }
}
