import type { AuditReport } from '@effectively-once/audit';
import { OperatorGuard, Problem } from '@effectively-once/platform';
import { Controller, Get, Query, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { StandingAudit } from './standing-audit.js';

const query = z.strictObject({ report: z.enum(['now', 'last']).default('now') });

@Controller('api/audit')
@UseGuards(OperatorGuard)
export class AuditController {
  constructor(private readonly audit: StandingAudit) {}

  /**
   * `?report=last` returns the last report. Otherwise a full audit runs now, or the running one is
   * awaited.
   */
  @Get()
  async report(@Query() asked: unknown): Promise<AuditReport> {
    const parsed = query.safeParse(asked);
    if (!parsed.success) {
      const detail = 'The only query parameter is ?report=last.';
      throw new Problem('invalid_request', { status: 400, detail });
    }
    if (parsed.data.report === 'now') return await this.audit.full();
    const { last } = this.audit;
    if (last) return last;
    throw new Problem('no_audit_yet', { status: 404, detail: 'No audit has finished yet.' });
  }
}
